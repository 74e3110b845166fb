"""Holds what an operator configures and observes: options, address, state, logs, metrics, memory, start and stop."""
