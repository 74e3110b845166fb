"""Try every export format: whether it runs, whether it is equal, and how fast it is."""
