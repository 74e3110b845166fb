"""Fill blocks of a hand-written page, each of which lies between two HTML comments."""

import re


def filled(page: str, name: str, body: str) -> str:
    """Return a page with the block of this name replaced.

    Raises:
        ValueError: the page does not have exactly one such block.
    """
    start, end = f"<!-- generated: {name} -->\n", f"<!-- end of {name} -->"
    block = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    new_page, count = block.subn(lambda _: f"{start}\n{body.strip()}\n\n{end}", page)
    if count != 1:
        raise ValueError(f"the page has {count} blocks named {name}: expected one, from {start.strip()} to {end}.")
    return new_page


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)
