"""Tables as CSV that a spreadsheet can open safely."""

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(frame: pd.DataFrame) -> bytes:
    """The table in UTF-8, in which no cell of text can run as a formula."""
    texts = frame.select_dtypes(exclude="number").columns
    safe = frame.assign(**{name: frame[name].map(neutralise) for name in texts})
    return safe.to_csv(index=False).encode("utf-8")


def neutralise(cell: str) -> str:
    """A cell with an apostrophe before what a spreadsheet would take for the start of a formula (OWASP's advice)."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
