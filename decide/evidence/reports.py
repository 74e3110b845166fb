"""Load the reports that a decision rests on: find them, tell their kinds apart by content, check and name them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.common import code_digest
from bakeoff.common.errors import ReportError
from bakeoff.common.json_report import identify
from decide.criteria.criteria import FRAMEWORKS
from decide.criteria.definitions import BASES
from eval.report import report

MAX_BYTES = 64_000_000
COMMANDS = {
    "evaluation": "bakeoff evaluate",
    "benchmark": "bakeoff speed",
    "explanations": "python -m benchmarks.explain",
    "training": "bakeoff train",
    "deployability": "bakeoff export",
    "footprint": "bakeoff footprint",
    "code_size": "bakeoff code-size",
    "adoption": "bakeoff adoption",
}
KINDS = tuple(COMMANDS)
MACHINE = ("system", "processor", "cores", "usable_cores", "cpu_quota", "python", "versions")
OF_MODELS = ("evaluation", "benchmark", "explanations", "deployability")  # kinds that should name their models


@dataclass(frozen=True)
class Source:
    """One report.

    Attributes:
        id: the report's own id, or one computed from its content in the same way.
        kind: one of KINDS.
        file: the last parts of its path.
        command: the command that makes the report again.
        created: when the report was made; empty if it does not say.
        models: revision and weights digest of each framework's model; empty if it does not say.
        corpus: digest of the corpus; None if it does not say.
        machine: the machine that the report was made on, as far as it says.
        content: the whole report as JSON.
    """

    id: str
    kind: str
    file: str
    command: str
    created: str
    models: Mapping[str, Mapping[str, str]]
    corpus: str | None
    machine: Mapping[str, Any]
    content: Mapping[str, Any]

    @property
    def basis(self) -> str:
        """How the library is called in a benchmark; reports older than the bases are of our own tuned code."""
        return str(self.content.get("settings", {}).get("basis", "tuned"))

    def to_json(self) -> dict[str, Any]:
        """Return all fields except the content, and the parts of the code that have changed since."""
        fields = {key: value for key, value in vars(self).items() if key != "content"}
        return {**fields, "changed_code": self.changed_code()}

    def changed_code(self) -> list[str]:
        """Return the parts of the code that have changed since the report was made, such as "trainers".

        A report that records no digests is older than they are, so each part that it depends on counts as changed.
        """
        recorded = self.content.get("code")
        return code_digest.changed(self.kind, recorded if isinstance(recorded, dict) else {})


@dataclass(frozen=True)
class Evidence:
    """The reports of one study: at most one per kind, except one training per framework and seed.

    Attributes:
        sources: the reports, in the order of KINDS.
    """

    sources: tuple[Source, ...]

    def of(self, kind: str) -> Source | None:
        """Return the first report of a kind, or None without one."""
        return next((source for source in self.sources if source.kind == kind), None)

    def bases(self) -> list[str]:
        """Return the bases on which speed was measured, in the order of BASES."""
        bases = {source.basis for source in self.sources if source.kind == "benchmark"}
        return [basis for basis in BASES if basis in bases]

    def on(self, basis: str) -> "Evidence":
        """Return the evidence without the benchmarks of other bases."""
        return Evidence(tuple(source for source in self.sources if source.kind != "benchmark" or source.basis == basis))

    def trainings(self, framework: str) -> list[Source]:
        """Return the trainings of a framework, sorted by seed."""
        trainings = [source for source in self.sources if source.kind == "training"]
        own = [source for source in trainings if source.content["framework"] == framework]
        return sorted(own, key=lambda source: source.content["identity"]["recipe"]["seed"])

    def models(self) -> dict[str, dict[str, str]]:
        """Return the models of the first report that names any; the evaluation is first."""
        named = ({name: dict(model) for name, model in source.models.items()} for source in self.sources)
        return next(filter(None, named), {})

    def machine(self) -> dict[str, Any]:
        """Return the machine of the benchmark, or else of the first report that describes one."""
        benchmark = self.of("benchmark")
        described = [benchmark] if benchmark else [source for source in self.sources if source.machine]
        return dict(described[0].machine) if described else {}


def gather(paths: Iterable[Path]) -> Evidence:
    """Collect the evidence in these files and in all JSON files below these folders.

    Raises:
        ReportError: a named file holds no evidence, a report is damaged, two have the same kind, or there are none.
    """
    by_id: dict[str, Source] = {}
    for path in paths:
        inside = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        for file in inside:
            source = read(file)
            if source is None and file == path:
                raise ReportError(f"{path.name} holds no evidence that is known: give reports of {_commands()}.")
            if source is not None:
                by_id.setdefault(source.id, source)
    sources = sorted(by_id.values(), key=lambda source: (KINDS.index(source.kind), source.file))
    if not sources:
        raise ReportError(f"no evidence was found: give a folder or files with reports of {_commands()}.")
    _check_one_of_a_kind(sources)
    return Evidence(tuple(sources))


def read(path: Path) -> Source | None:
    """Read the report in a JSON file; return None if the file holds something else.

    Raises:
        ReportError: the file can't be read, is not JSON, or is a damaged report.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(f"{path.name} has more than {MAX_BYTES / 1e6:.0f} MB, too much for a report.")
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{path.name} can't be read as JSON ({error}); give a report of this project.") from error
    kind = kind_of(content)
    if kind is None:
        return None
    _check(kind, content, path.name)
    return source(kind, content, "/".join(path.parts[-3:] if kind == "training" else path.parts[-1:]))


def kind_of(content: Any) -> str | None:
    """Return the kind of a report; None if the content is not a report."""
    if not isinstance(content, dict):
        return None
    if content.get("kind") in KINDS:
        return str(content["kind"])
    marks = {
        "evaluation": {"comparison", "evaluations"},
        "benchmark": {"figures", "settings", "frameworks"},
        "explanations": {"figures", "window", "articles"},
        "training": {"identity", "batch_plan"},
    }
    return next((kind for kind, keys in marks.items() if keys <= content.keys()), None)


def source(kind: str, content: Mapping[str, Any], file: str) -> Source:
    """Return a report as a source."""
    created = content.get("created") or content.get("date") or content.get("finished") or ""
    return Source(
        id=content.get("id") or identify(content),
        kind=kind,
        file=file,
        command=content.get("command") or COMMANDS[kind],
        created=str(created),
        models=_models(content),
        corpus=_corpus(content),
        machine=_machine(content),
        content=content,
    )


def _models(content: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    named = content.get("models")
    if not isinstance(named, dict) or not set(FRAMEWORKS) <= named.keys():
        return {}
    models = {}
    for name in FRAMEWORKS:
        model = named[name] if isinstance(named[name], dict) else {"weights": named[name]}
        models[name] = {"revision": model.get("revision") or "local", "weights": model.get("weights") or ""}
    return models


def _corpus(content: Mapping[str, Any]) -> str | None:
    corpus = content.get("corpus")
    return corpus.get("digest") if isinstance(corpus, dict) else corpus


def _machine(content: Mapping[str, Any]) -> dict[str, Any]:
    machine = content.get("machine")
    if isinstance(machine, dict):
        return {key: machine[key] for key in MACHINE if key in machine}
    return {"system": machine} if isinstance(machine, str) else {}


def _check(kind: str, content: Mapping[str, Any], name: str) -> None:
    if "id" in content and content["id"] != identify(content):
        raise ReportError(f"{name} was changed after it was written: its id does not fit; make it again.")
    if kind == "evaluation":
        report.check(content, name)
    elif kind == "benchmark":
        from eval.speed import report as benchmark_report  # imported late, because it imports jsonschema

        benchmark_report.check(content, name)


def _check_one_of_a_kind(sources: list[Source]) -> None:
    files: dict[tuple[str, str], list[str]] = {}
    for source in sources:
        if source.kind != "training":
            basis = source.basis if source.kind == "benchmark" else ""
            files.setdefault((source.kind, basis), []).append(source.file)
    for (kind, basis), names in files.items():
        if len(names) > 1:
            on_basis = f" on the basis {basis}" if basis else ""
            raise ReportError(
                f"{len(names)} reports of `{COMMANDS[kind]}`{on_basis} were given ({', '.join(names)[:200]}): give one "
                "of them."
            )


def _commands() -> str:
    return ", ".join(f"`{command}`" for command in COMMANDS.values())


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
