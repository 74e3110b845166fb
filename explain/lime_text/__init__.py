"""Explain one text with LIME: perturb it, score the samples, fit the surrogate, measure trust."""
