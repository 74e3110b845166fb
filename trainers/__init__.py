"""Train: one recipe, two trainers that read alike, and what both share."""
