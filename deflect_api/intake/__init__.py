"""What comes in: support sessions, tickets and their verbs. Each verb takes the session first; its caller commits."""
