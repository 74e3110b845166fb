"""The reports that a decision rests on: found in files and folders, told apart by their content, checked, and named."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.common.errors import ReportError
from bakeoff.common.json_report import identify
from decide.criteria.criteria import FRAMEWORKS
from eval.report import report

MAX_BYTES = 64_000_000
COMMANDS = {
    "evaluation": "bakeoff evaluate",
    "benchmark": "bakeoff speed",
    "explanations": "python -m benchmarks.explain",
    "training": "bakeoff train",
    "deployability": "bakeoff export",
    "code_size": "bakeoff code-size",
    "adoption": "bakeoff adoption",
}
KINDS = tuple(COMMANDS)
MACHINE = ("system", "processor", "cores", "usable_cores", "cpu_quota", "python", "versions")
OF_MODELS = ("evaluation", "benchmark", "explanations", "deployability")


@dataclass(frozen=True)
class Source:
    """One report.

    Attributes:
        id: of its content: the report's own, or made from it in the same way.
        kind: one of KINDS.
        file: the last parts of its path.
        command: what makes it again.
        created: when it was made, as it says itself; empty where it doesn't.
        models: revision and digest of the weights of each framework's model, as far as it says.
        corpus: digest of the corpus; None where it doesn't say.
        machine: what it ran on, as far as it says.
        content: the report.
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

    def to_json(self) -> dict[str, Any]:
        """All but the content."""
        return {key: value for key, value in vars(self).items() if key != "content"}


@dataclass(frozen=True)
class Evidence:
    """All reports of one study, at most one of a kind; of trainings, one for each framework and seed."""

    sources: tuple[Source, ...]

    def of(self, kind: str) -> Source | None:
        """The report of a kind, if there is one."""
        return next((source for source in self.sources if source.kind == kind), None)

    def trainings(self, framework: str) -> list[Source]:
        """Those of a framework, by seed."""
        found = [each for each in self.sources if each.kind == "training" and each.content["framework"] == framework]
        return sorted(found, key=lambda each: each.content["identity"]["recipe"]["seed"])

    def models(self) -> dict[str, dict[str, str]]:
        """The models that the evaluation, else the first report that names any, is about."""
        return next((dict(source.models) for source in self.sources if source.models), {})

    def machine(self) -> dict[str, Any]:
        """What the speed was measured on, else what the first report that says so ran on."""
        benchmark = self.of("benchmark")
        described = [benchmark] if benchmark else [source for source in self.sources if source.machine]
        return dict(described[0].machine) if described else {}


def gather(paths: Iterable[Path]) -> Evidence:
    """The evidence in these files, and in all JSON files below these folders.

    Raises:
        ReportError: a file is named that holds no evidence, one is damaged, two are of a kind, or there are none.
    """
    found: dict[str, Source] = {}
    for path in paths:
        inside = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        for file in inside:
            source = read(file)
            if source is None and file == path:
                raise ReportError(f"{path.name} holds no evidence that is known: give reports of {_commands()}.")
            if source is not None:
                found.setdefault(source.id, source)
    sources = sorted(found.values(), key=lambda each: (KINDS.index(each.kind), each.file))
    if not sources:
        raise ReportError(f"no evidence was found: give a folder or files with reports of {_commands()}.")
    _check_one_of_a_kind(sources)
    return Evidence(tuple(sources))


def read(path: Path) -> Source | None:
    """The source in a JSON file; None where it holds none.

    Raises:
        ReportError: it can't be read, is no JSON, or is damaged.
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
    """Which report this is; None where it is none of them."""
    if not isinstance(content, dict):
        return None
    if content.get("kind") in KINDS:
        return content["kind"]
    marks = {
        "evaluation": {"comparison", "evaluations"},
        "benchmark": {"figures", "settings", "frameworks"},
        "explanations": {"figures", "window", "articles"},
        "training": {"identity", "batch_plan"},
    }
    return next((kind for kind, keys in marks.items() if keys <= content.keys()), None)


def source(kind: str, content: Mapping[str, Any], file: str) -> Source:
    """A report as a source."""
    made = content.get("created") or content.get("date") or content.get("finished") or ""
    return Source(
        id=content.get("id") or identify(content),
        kind=kind,
        file=file,
        command=content.get("command") or COMMANDS[kind],
        created=str(made),
        models=_models(content),
        corpus=_corpus(content),
        machine=_machine(content),
        content=content,
    )


def _models(content: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    named = content.get("models")
    if not isinstance(named, dict) or not set(FRAMEWORKS) <= named.keys():
        return {}
    out = {}
    for name in FRAMEWORKS:
        model = named[name] if isinstance(named[name], dict) else {"weights": named[name]}
        out[name] = {"revision": model.get("revision") or "local", "weights": model.get("weights") or ""}
    return out


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
        from eval.speed import report as benchmark_report  # brings jsonschema

        benchmark_report.check(content, name)


def _check_one_of_a_kind(sources: list[Source]) -> None:
    for kind in KINDS:
        same = [each.file for each in sources if each.kind == kind]
        if kind != "training" and len(same) > 1:
            raise ReportError(
                f"{len(same)} reports of `{COMMANDS[kind]}` were given ({', '.join(same)[:200]}): give one of them."
            )


def _commands() -> str:
    return ", ".join(f"`{command}`" for command in COMMANDS.values())


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
