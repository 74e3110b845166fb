"""Define the criteria, their ranges and the presets of weights."""
