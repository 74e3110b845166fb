"""Build planted evidence for decisions: one report per kind, with chosen ratios TensorFlow ÷ PyTorch."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from bakeoff.common import code_digest
from bakeoff.common.json_report import identify
from decide import report
from decide.criteria.presets import PRESETS
from decide.criteria.weighting import Weighting
from decide.evidence.reports import Evidence, kind_of, source

FRAMEWORKS = ("PyTorch", "TensorFlow")
DIGESTS = {"PyTorch": "a" * 64, "TensorFlow": "b" * 64}
CORPUS = "c" * 64
NOISE = 0.05  # half-width of every interval as a share of its value
RATIOS = ("short", "long", "batch", "cold", "step", "steps_memory", "start", "memory", "files", "packages")
MACHINE = {
    "system": "planted",
    "processor": "abacus",
    "flags": None,
    "cores": {"logical": 2},
    "memory_bytes": 1,
    "load_average_before": 0.0,
    "python": "3.11",
    "versions": {"torch": "2"},
}
SPEED_SETTINGS = {
    "basis": "documented",
    "rounds": 7,
    "fresh": True,
    "threads": 2,
    "quick": False,
    "product": 9,
    "memory_texts": 9,
    "max_length": 512,
    "length_batch": 9,
    "batch_tokens": 9,
}
NO_INTERVAL = {"value": 1.0, "low": None, "high": None, "reason": "one article"}


def estimate(value: float, noise: float = NOISE) -> dict[str, Any]:
    """Return a number with an interval."""
    return {"value": value, "low": value * (1 - noise), "high": value * (1 + noise), "reason": ""}


def calls(batch: int, tokens: int, rate: float, ratio: float) -> dict[str, Any]:
    """Return a row of the benchmark. `ratio` is the seconds of TensorFlow ÷ PyTorch."""
    share = {"seconds": {"p50": 1.0, "p90": 1.0, "p99": 1.0}, "calls": 9, "gigaflops": estimate(1.0)}
    share |= {"stages": {"tokenisation": 0.1, "forward": 0.8, "rest": 0.1}, "share_of_ceiling": estimate(0.5)}
    rates = dict(zip(FRAMEWORKS, (rate, rate / ratio), strict=True))
    rows = {name: share | {"texts_per_second": estimate(rates[name]), "joules_per_text": None} for name in FRAMEWORKS}
    return {"batch": batch, "tokens": tokens, "frameworks": rows, "ratio": estimate(ratio)}


def benchmark(**ratios: float) -> dict[str, Any]:
    """Return a benchmark with these ratios TensorFlow ÷ PyTorch, by the names in RATIOS. The others are 1."""
    model = {"revision": "local", "recipe": {}}
    return identified(
        {
            "schema": 1,
            "created": "2026-01-02T03:04:05+00:00",
            "command": "bakeoff speed",
            "corpus": {"name": "planted", "digest": CORPUS, "train": 9, "test": 9},
            "models": {name: model | {"weights": digest} for name, digest in DIGESTS.items()},
            "machine": deepcopy(MACHINE),  # tests change it
            "settings": deepcopy(SPEED_SETTINGS),
            "frameworks": dict.fromkeys(FRAMEWORKS),
            "figures": speed_figures(dict.fromkeys(RATIOS, 1.0) | ratios),
        }
    )


def speed_figures(ratio: Mapping[str, float]) -> dict[str, Any]:
    """Return the figures of a benchmark with these ratios TensorFlow ÷ PyTorch."""

    def both(key: str, value: float, make: Callable[[float], Any]) -> dict[str, Any]:
        return {name: make(figure) for name, figure in zip(FRAMEWORKS, (value, value * ratio[key]), strict=True)}

    stages = {stage: estimate(1.0) for stage in ("import", "load", "first_call")} | {"starts": 10}
    points = {"loaded": 1, "few": 1, "many": 1, "seconds": 1.0}
    steps = both("step", 2.0, training_steps)
    steps["TensorFlow"]["first_step_seconds"] *= ratio["start"]
    steps["TensorFlow"]["peak_bytes"] = int(2e9 * ratio["steps_memory"])
    return {
        "ceiling": None,
        "cold_start": {
            "frameworks": both("cold", 8.0, lambda seconds: stages | {"total": estimate(seconds)}),
            "ratio": estimate(ratio["cold"]),
        },
        "latency": [calls(1, 16, 50.0, ratio["short"]), calls(1, 256, 10.0, ratio["long"])],
        "throughput": [calls(1, 128, 20.0, ratio["long"]), calls(64, 128, 30.0, ratio["batch"])],
        "growth": None,
        "training": {"frameworks": steps, "ratio": estimate(ratio["step"])},
        "memory": both("memory", 1e9, lambda size: points | {"long": int(size)}),
        "model_bytes": both("files", 9e7, int),
        "install_bytes": {"shared": {"numpy": 100_000_000}, **both("packages", 8e8, lambda size: {"own": int(size)})},
    }


def training_steps(seconds: float) -> dict[str, Any]:
    """Return the figures of training steps that take this long."""
    rates = {part: estimate(1.0) for part in ("tokens_per_second", "gigaflops", "share_of_ceiling")}
    times = {"seconds_per_step": estimate(seconds), "first_step_seconds": 2.0}
    return rates | times | {"peak_bytes": 2_000_000_000, "steps": 10}


def deployability(**statuses: str) -> dict[str, Any]:
    """Return a report on five formats. All work unless `statuses` differs, except TensorFlow with TorchScript."""
    tried = [
        (framework, name)
        for framework in FRAMEWORKS
        for name in ("ONNX", "TorchScript", "SavedModel", "OpenVINO", "LiteRT")
    ]
    statuses = {"tensorflow_torchscript": "no way"} | statuses
    rows = [
        {
            "framework": framework,
            "format": name,
            "status": statuses.get(f"{framework.lower()}_{name.lower()}", "works"),
            "reason": "",
            "packages": {},
            "bytes": 1,
            "largest_logit_difference": 1e-6,
            "latency_seconds": {"value": 0.004, "low": 0.003, "high": 0.005},
            "own_latency_seconds": None,
        }
        for framework, name in tried
    ]
    content = {"kind": "deployability", "date": "2026-01-03", "command": "bakeoff export", "models": DIGESTS}
    return identified(content | {"machine": "planted", "formats": rows})


def footprint(**sizes: tuple[int, int | None]) -> dict[str, Any]:
    """Return a report on package sizes in MB, by variant with underscores: PyTorch's and TensorFlow's."""
    figures: dict[str, dict[str, Any]] = {name: {} for name in FRAMEWORKS}
    for variant, both in sizes.items():
        for name, size in zip(FRAMEWORKS, both, strict=True):
            runtime = "ONNX Runtime" if variant == "runtime_only" else name
            disk = {
                "unpacked_bytes": size and int(size * 1e6),
                "build": f"{name}.whl",
                "reason": "" if size else "no network",
            }
            figures[name][variant.replace("_", " ").replace("CPU only", "CPU-only")] = {runtime: {"disk": disk}}
    return identified({"kind": "footprint", "command": "bakeoff footprint", "figures": figures})


def code_size(pytorch: int = 200, tensorflow: int = 300) -> dict[str, Any]:
    """Return a report on lines of code."""
    lines = dict(zip(FRAMEWORKS, (pytorch, tensorflow), strict=True))
    parts = {name: {"files": {"a.py": count}, "logical_lines": count} for name, count in lines.items()}
    content = {
        "kind": "code_size",
        "command": "bakeoff code-size",
        "commit_or_digest": "d",
        "frameworks": parts,
    }
    return identified(content)


def adoption(hub: dict | None = None, trends: dict | None = None) -> dict[str, Any]:
    """Return a report on adoption with counts and one fact."""
    fact = {"date": "2025-12-01", "text": "<b>transformers 5</b> has no TensorFlow.", "source": "https://example.org"}
    content = {
        "kind": "adoption",
        "date": "2026-01-04",
        "command": "bakeoff adoption",
        "hub": hub,
        "trends": trends,
    }
    return identified(content | {"facts": [fact]})


def training(framework: str, seed: int = 0, megabytes: int = 1000) -> dict[str, Any]:
    """Return the parts of a training record that a decision reads."""
    return {
        "code": code_digest.of_kind("training"),
        "framework": framework,
        "finished": "2026-01-01",
        "identity": {"recipe": {"seed": seed, "epochs": 2}, "corpus": CORPUS},
        "corpus": {"name": "planted", "digest": CORPUS},
        "batch_plan": "p",
        "steps": 100,
        "seconds_per_epoch": [120.0, 100.0 + seed],
        "peak_memory_megabytes": megabytes + seed,
    }


def explanations(tensorflow: float = 1.0) -> dict[str, Any]:
    """Return explanations of equal quality that take `tensorflow` times as long with TensorFlow."""
    model = {"mean_drop_read": estimate(4.0), "overlap_of_two_seeds": estimate(0.8)}
    difference = {figure: {"value": 0.0, "low": -0.01, "high": 0.01, "reason": ""} for figure in model}
    stock = {
        f"stock lime, {name}": {"median_seconds": estimate(100.0 * factor), "articles": 7}
        for name, factor in zip(FRAMEWORKS, (1.0, tensorflow), strict=True)
    }
    ours = {"articles": 7, "models": dict.fromkeys(FRAMEWORKS, model), "difference": difference}
    figures = {"ours": ours, "stock": stock, "stock_ratio_of_seconds": estimate(tensorflow, 0.2)}
    content = {"command": "python -m benchmarks.explain", "created": "2026-01-02T03:04:05+00:00", "models": DIGESTS}
    code = code_digest.of_kind("explanations")
    return content | {"window": 128, "articles": 7, "figures": figures, "code": code}


def identified(content: dict[str, Any]) -> dict[str, Any]:
    """Return a report with its id, made with today's code."""
    content = {"code": code_digest.of_kind(kind_of(content) or "")} | content
    return content | {"id": identify(content)}


def evidence(*contents: dict[str, Any]) -> Evidence:
    """Return the evidence of these reports."""
    return Evidence(tuple(source(kind_of(content), content, f"{kind_of(content)}.json") for content in contents))


def everything(**ratios: float) -> list[dict[str, Any]]:
    """Return all kinds of planted reports except an evaluation."""
    trainings = [training(name, seed) for name in FRAMEWORKS for seed in (0, 1)]
    hub = {"PyTorch": 90_000, "TensorFlow": 9_000, "date": "2026-01-04"}
    return [
        benchmark(**ratios),
        explanations(),
        *trainings,
        deployability(),
        footprint(plain_pip=(900, 900)),
        code_size(),
        adoption(hub),
    ]


def decision(*contents: dict[str, Any], weighting: Weighting = PRESETS["api"]) -> dict[str, Any]:
    """Return the decision on these reports, or on all kinds."""
    return report.build(evidence(*(contents or everything())), weighting, "bakeoff decide")


def write(folder: Path, *contents: dict[str, Any]) -> Path:
    """Write reports into a folder, one file per report."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(contents):
        (folder / f"{number}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder
