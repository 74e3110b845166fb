"""Write every generated part of the documentation.

python -m docs.generate            # write the files
python -m docs.generate --check    # write nothing; fail where a file differs from its source
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bakeoff.common.root import ROOT
from docs.generate import architecture, commands, results, settings
from docs.generate.blocks import filled

DOCS = ROOT / "docs"


def _blocks(path: Path, **bodies: Callable[[], str]) -> Callable[[], str]:
    def page() -> str:
        text = path.read_text(encoding="utf-8")
        for name, body in bodies.items():
            text = filled(text, name, body())
        return text

    return page


GENERATED: dict[Path, Callable[[], str]] = {
    ROOT / "README.md": _blocks(ROOT / "README.md", headline=results.headline),
    DOCS / "index.md": _blocks(DOCS / "index.md", headline=results.headline),
    DOCS / "results.md": results.page,
    DOCS / "throughput.svg": lambda: (results.STUDY / "benchmark.svg").read_text(encoding="utf-8"),
    DOCS / "your-data.md": _blocks(DOCS / "your-data.md", recipes=settings.recipes),
    DOCS / "decide.md": _blocks(DOCS / "decide.md", criteria=settings.criteria, weightings=settings.weightings),
    DOCS / "operate.md": _blocks(DOCS / "operate.md", limits=settings.limits),
    DOCS / "commands.md": commands.page,
    DOCS / "architecture.svg": architecture.svg,
    DOCS / "architecture.md": _blocks(DOCS / "architecture.md", imports=architecture.imports_table),
}


def stale() -> list[str]:
    """Return the files that differ from what their sources say today."""
    return [
        path.relative_to(ROOT).as_posix()
        for path, content in GENERATED.items()
        if not path.exists() or path.read_text(encoding="utf-8") != content()
    ]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__.split("\n")[0])
    command.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a file is out of date")
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the generated files."""
    if parser().parse_args(argv).check:
        files = stale()
        if files:
            print(f"out of date: {', '.join(files)}; run `python -m docs.generate`.", file=sys.stderr)
        return 1 if files else 0
    for path, content in GENERATED.items():
        path.write_text(content(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
