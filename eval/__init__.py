"""Evaluate both models: quality, speed, portability, adoption, and the reports about them."""
