"""Load any corpus, find its columns, check its labels, split it and profile it."""
