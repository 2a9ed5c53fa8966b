"""What keeps a flood of requests from drowning the real ones. Nobody real is turned away."""
