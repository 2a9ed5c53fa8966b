"""Pages of the people at the desk: the way in, who asks, what they may do, and what is on record."""
