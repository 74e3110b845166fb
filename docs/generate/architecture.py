"""Draw which folder imports which, from the imports themselves."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from html import escape

from bakeoff.common.root import ROOT
from docs.generate.blocks import table

LEFT_OUT = {"tests", "docs", "data", "results", "runs", "build", "site", "notebooks", "deploy"}
WIDTH, BOX, STEP, MARGIN = 760, (170, 46), 84, 12
INK, LINE, FILL = "#1c2733", "#7a8794", "#eef3f7"

Graph = Mapping[str, frozenset[str]]


def graph() -> dict[str, frozenset[str]]:
    """Return the folders that each folder imports."""
    files = {
        path.relative_to(ROOT).as_posix(): path
        for path in sorted(ROOT.rglob("*.py"))
        if not any(part in LEFT_OUT or part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    nodes = {file: node for file in files if (node := folder_of(file.removesuffix(".py").replace("/", ".")))}
    imported: dict[str, set[str]] = {node: set() for node in nodes.values()}
    for file, node in nodes.items():
        for module in imports(files[file].read_text(encoding="utf-8")):
            target = folder_of(module)
            if target in imported and target != node:
                imported[node].add(target)
    return {node: frozenset(targets) for node, targets in imported.items()}


def folder_of(module: str) -> str | None:
    """Return the folder of the picture that a module is in; None for `bakeoff/__main__.py`, which imports by name."""
    first, *rest = module.split(".")
    if first == "bakeoff":
        return f"bakeoff/{rest[0]}" if rest and not rest[0].startswith("__") else None
    return first


def imports(source: str) -> Iterator[str]:
    """Yield every module that a source file imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def levels(imported: Graph) -> list[list[str]]:
    """Return the folders by level: each folder imports only from the levels before its own."""
    level: dict[str, int] = {}
    for node in TopologicalSorter(imported).static_order():
        level[node] = 1 + max((level[target] for target in imported[node]), default=-1)
    rows = range(max(level.values()) + 1)
    return [sorted(node for node in level if level[node] == row) for row in rows]


def reduced(imported: Graph) -> dict[str, frozenset[str]]:
    """Return the graph without the arrows that follow from others."""
    reachable: dict[str, frozenset[str]] = {}
    for node in TopologicalSorter(imported).static_order():
        reachable[node] = imported[node].union(*(reachable[target] for target in imported[node]))
    return {
        node: frozenset(
            target for target in targets if not any(target in reachable[other] for other in targets - {target})
        )
        for node, targets in imported.items()
    }


def svg() -> str:
    """Return the picture: the highest level on top, an arrow from each folder to what it imports."""
    imported = graph()
    rows = levels(imported)[::-1]
    centers = {
        node: ((column + 0.5) * WIDTH / len(row), MARGIN + BOX[1] / 2 + number * STEP)
        for number, row in enumerate(rows)
        for column, node in enumerate(row)
    }
    height = 2 * MARGIN + BOX[1] + (len(rows) - 1) * STEP
    arrows = [
        _arrow(centers[node], centers[target])
        for node, targets in sorted(reduced(imported).items())
        for target in sorted(targets)
    ]
    boxes = [_box(node, *centers[node]) for row in rows for node in row]
    tip = f'<path d="M0 0L8 4L0 8z" fill="{LINE}"/>'
    marker = f'<marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">{tip}</marker>'
    size = f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="15"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    title = "<title>Which folder imports which</title>"
    background = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    return "\n".join([head, title, f"<defs>{marker}</defs>", background, *arrows, *boxes, "</svg>", ""])


def _box(node: str, x: float, y: float) -> str:
    width, height = BOX
    frame = f'<rect x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width}" height="{height}" rx="6"'
    label = f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" fill="{INK}">{escape(node)}</text>'
    return f'{frame} fill="{FILL}" stroke="{LINE}"/>{label}'


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    top, bottom = start[1] + BOX[1] / 2, end[1] - BOX[1] / 2 - 1
    middle = (top + bottom) / 2
    path = f"M{start[0]:.0f} {top:.0f}C{start[0]:.0f} {middle:.0f} {end[0]:.0f} {middle:.0f} {end[0]:.0f} {bottom:.0f}"
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.5" marker-end="url(#tip)"/>'


def imports_table() -> str:
    """Return every import between folders as a Markdown table, in the order of the levels."""
    imported = graph()
    order = [node for row in levels(imported) for node in row]
    rows = [
        (f"`{node}`", ", ".join(f"`{target}`" for target in order if target in imported[node]) or "none")
        for node in order
    ]
    return table(("folder", "imports from"), rows)
