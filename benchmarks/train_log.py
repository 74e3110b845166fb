"""What `benchmarks.train` has measured, line by line in a file, so that the same command goes on after a stop."""

import json
from pathlib import Path
from typing import Any

from errors import ReportError


class TrainLog:
    """Measurements under a header that tells one command's from another's; read again where the file exists.

    Attributes:
        rounds: `step` (number of the first one timed), `seconds` (of each contender's steps) and `products` (seconds
            of each framework's matrix products), in the order of the steps.

    Raises:
        ReportError: the file is of another command.
    """

    def __init__(self, path: Path, header: dict[str, Any]):
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._rows = [json.loads(line) for line in lines]
        if not self._rows:
            self._append(["header", "", header])
        elif self._rows[0][2] != json.loads(json.dumps(header)):
            raise ReportError(f"{path.name} has measurements of other settings or texts; name another --output.")

    @property
    def rounds(self) -> list[dict[str, Any]]:
        """All rounds so far."""
        return [value for kind, _, value in self._rows if kind == "round"]

    @property
    def steps_done(self) -> int:
        """Steps that every contender has trained in finished rounds, the untimed first included."""
        return max((each["step"] + len(next(iter(each["seconds"].values()))) for each in self.rounds), default=0)

    def add(self, kind: str, name: str, value: Any) -> None:
        """Keep what is measured once for a contender."""
        self._append([kind, name, value])

    def add_round(self, step: int, seconds: dict[str, list[float]], products: dict[str, list[float]]) -> None:
        """Keep a round."""
        self._append(["round", "", {"step": step, "seconds": seconds, "products": products}])

    def found(self, kind: str, name: str) -> list[Any]:
        """All values of a kind for a contender, in order."""
        return [value for *about, value in self._rows if about == [kind, name]]

    def _append(self, row: list[Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self._rows.append(row)
