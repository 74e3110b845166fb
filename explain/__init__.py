"""Explain predictions: which words a model relies on, and how far the explanation can be trusted."""
