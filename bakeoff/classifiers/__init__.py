"""Classify texts behind one interface: `Classifier`, its two implementations, and the pair."""
