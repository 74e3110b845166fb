"""Serve one text in an environment that has one framework or one runtime and little else."""
