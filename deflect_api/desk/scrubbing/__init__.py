"""Personal data found in texts and taken out of them."""
