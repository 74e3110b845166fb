"""Make the evaluation report, check it, read it and publish it."""
