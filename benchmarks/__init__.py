"""Compare Bakeoff with what a user would pick instead, in a folder per question."""
