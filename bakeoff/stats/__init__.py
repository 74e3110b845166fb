"""Compute intervals and tests with pure functions."""
