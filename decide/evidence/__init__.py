"""Read reports as evidence."""
