"""What comes in from other systems: the tracker's events, and mails. It is read leniently and trusted with nothing."""
