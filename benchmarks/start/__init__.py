"""Time the start, until the page shows and both models answer."""
