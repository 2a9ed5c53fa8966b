"""Pages and calls of those who ask: the form, the tickets API, files, and following what was sent."""
