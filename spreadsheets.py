"""CSV that a spreadsheet opens without running anything in it."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutralise(cell: str) -> str:
    """A cell with an apostrophe before what a spreadsheet would take for the start of a formula (OWASP's advice)."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
