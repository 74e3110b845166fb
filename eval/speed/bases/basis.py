"""The bases that a figure of speed, memory or code can have, and the statements that each of them takes."""

from dataclasses import dataclass
from typing import Any

from bakeoff.classifiers.pair import NAMES
from bakeoff.common.errors import ReportError
from bakeoff.common.root import ROOT
from eval.measure import code_size

ROOM = "eval/speed/bases"


@dataclass(frozen=True)
class Basis:
    """One way to use both frameworks.

    Attributes:
        name: Its name in reports.
        module: How its modules' names begin, before `_pytorch` and `_tensorflow`; empty for our own code.
        compared_with: The basis whose logits must be equal.
        batch_size: Texts per call when many are classified; None if the library or our code forms the batches.
        memory_texts: Number of short texts of the memory measurement, unless a flag says otherwise.
    """

    name: str
    module: str
    compared_with: str = "tuned"
    batch_size: int | None = None
    memory_texts: int | None = None

    def module_of(self, framework: str) -> str:
        """Return the name of the module that serves and trains with a framework."""
        return f"{ROOM.replace('/', '.')}.{self.module}_{framework}"


DEFAULT, TUNED = "documented", "tuned"
# KerasHub's `predict` pads each text to the maximum length: 100,000 of them would take an hour.
BASES = {
    "as-shipped": Basis("as shipped", "shipped", memory_texts=3000),
    "documented": Basis("documented", "documented", batch_size=32),
    "tuned": Basis("tuned", "", compared_with="documented"),
}
# How the documented route can be compiled or exported: arguments of `load`, or the name of a function for `prepare`.
PLAIN = "plain"
VARIANTS = {
    "pytorch": {PLAIN: None, "torch.compile": "compiled", "torch.export": "exported"},
    "tensorflow": {PLAIN: None, "XLA": "jit_compile"},
}


def statements(key: str) -> dict[str, Any] | None:
    """Count the statements of a basis's code, by framework and file; None if coverage.py is not installed.

    Our own code's count includes its kernels and forward passes, but not the code that both frameworks share.
    """
    try:
        counted = {}
        for framework, name in NAMES.items():
            paths = [ROOT / ROOM / f"{BASES[key].module}_{framework}.py"] if BASES[key].module else _ours(name)
            files = {path.relative_to(ROOT).as_posix(): code_size.logical_lines(path) for path in paths}
            counted[name] = {"files": files, "statements": sum(files.values())}
    except ReportError:  # coverage.py is not installed
        return None
    return counted


def _ours(name: str) -> list[Any]:
    return sorted({path for pattern in code_size.FILES[name] for path in ROOT.glob(pattern)})
