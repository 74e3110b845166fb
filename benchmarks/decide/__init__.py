"""Time the decision and test how stable it is."""
