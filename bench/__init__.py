"""Figures, printed. Nothing here passes or fails by the clock."""
