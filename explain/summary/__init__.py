"""Explain a model as a whole: the words that push it towards each class, over a corpus."""
