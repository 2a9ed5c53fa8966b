"""What helps people to write a good request, and nothing too private."""
