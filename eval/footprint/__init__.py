"""Compare what serving takes on disk, at start and in memory, by variant of the packages."""
