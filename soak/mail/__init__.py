"""A mail server of our own: Debian's Postfix and Dovecot in a folder, on ports of this machine alone. Nothing leaves it."""
