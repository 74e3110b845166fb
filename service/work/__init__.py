"""Holds the work of the models: loading them, and the one queue that all requests pass."""
