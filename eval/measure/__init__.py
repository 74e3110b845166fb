"""Measure in separate processes, and describe the machine, the footprint and the code size."""
