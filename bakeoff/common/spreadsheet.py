"""Write tables as CSV that a spreadsheet can open safely."""

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV in UTF-8, in which no text cell can run as a formula."""
    texts = frame.select_dtypes(exclude="number").columns
    safe = frame.assign(**{name: frame[name].map(neutralize) for name in texts})
    return str(safe.to_csv(index=False)).encode("utf-8")


def neutralize(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would read as a formula, as OWASP advises."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
