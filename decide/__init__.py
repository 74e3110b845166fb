"""Decide: weigh the evidence by criteria, score it and recommend a framework."""
