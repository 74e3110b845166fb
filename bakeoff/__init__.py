"""Bakeoff compares PyTorch and TensorFlow for text classification on your data."""

__version__ = "0.9.0"
