"""Score both frameworks, and test how sensitive the outcome is."""
