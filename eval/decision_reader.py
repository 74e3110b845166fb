"""How reports are read: cells from places, and both frameworks' cells compared as a criterion's scale asks for."""

from collections.abc import Mapping, Sequence

from eval.decision_compare import Measured, measured
from eval.decision_criteria import BY_KEY, FRAMEWORKS
from eval.decision_evidence import Source
from eval.decision_trace import Cell, Place, cell

Found = Measured | str  # the numbers, or the reason why there are none


class Reader:
    """Reads cells of one kind of report.

    Args:
        source: the report.
    """

    def __init__(self, source: Source):
        self.source = source
        self._contents = {source.id: source.content}

    def cell(self, paths: str | Sequence[str], how: str = "as reported", factor: float = 1.0) -> Cell:
        """The cell made from these paths of the report."""
        paths = [paths] if isinstance(paths, str) else paths
        return cell(self._contents, [Place(self.source.id, path) for path in paths], how, factor)

    def cells(self, path: str, how: str = "as reported", factor: float = 1.0) -> dict[str, Cell]:
        """Both frameworks' cells; `{}` in the path stands for the framework's name."""
        return {name: self.cell(path.format(name), how, factor) for name in FRAMEWORKS}


def finish(key: str, cells: Mapping[str, Cell], paired: Cell | None = None, note: str = "") -> Found:
    """The cells of a criterion, compared as its scale asks for."""
    criterion = BY_KEY[key]
    ratio = criterion.scale.logarithmic
    return measured(cells, ratio=ratio, paired=paired, spread=criterion.spread, note=note)
