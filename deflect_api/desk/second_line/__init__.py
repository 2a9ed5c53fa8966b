"""Requests handed to the developers, what comes back, and who is told when it is urgent."""
