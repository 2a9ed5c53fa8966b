"""What staff do: accounts and the queue. Pages and commands call these; each takes the session first."""
