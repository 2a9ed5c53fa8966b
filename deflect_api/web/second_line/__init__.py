"""Pages and hooks between the desk and those behind it: developers, connected desks, the mailbox."""
