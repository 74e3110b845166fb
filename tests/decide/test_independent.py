"""Recompute the published decision's headline numbers from its reports, with code that shares nothing with ours."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.support import tiny

PUBLISHED = sorted((tiny.ROOT / "results").glob("*/decision.json"))
DRAWS = 200_000


def load(path: Path) -> tuple[dict, dict]:
    """Return the decision and its reports by id."""
    contents = [json.loads(file.read_text(encoding="utf-8")) for file in path.parent.rglob("*.json")]
    reports = {content["id"]: content for content in contents if isinstance(content, dict) and "id" in content}
    return json.loads(path.read_text(encoding="utf-8")), reports


def at(report: dict, path: str):
    for part in path.split("/"):
        report = report[int(part)] if isinstance(report, list) else report[part]
    return report


def raw(reports: dict, cell: dict) -> list:
    return [at(reports[place["source"]], place["path"]) for place in cell["from"]]


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_the_values_on_the_first_page_are_those_of_the_reports(path):
    decision, reports = load(path)
    rows = {row["key"]: row["measured"] for row in decision["criteria"]}
    for name in ("PyTorch", "TensorFlow"):
        [accuracy] = raw(reports, rows["accuracy"][name])
        assert rows["accuracy"][name]["value"] == pytest.approx(100 * accuracy["value"])
        [rate] = raw(reports, rows["latency"][name])
        assert rows["latency"][name]["value"] == pytest.approx(1000 / rate["value"])
        [start] = raw(reports, rows["cold_start"][name])
        assert rows["cold_start"][name]["value"] == pytest.approx(start["value"])


def draws(row: dict, scale: dict, unsettled: str, generator) -> np.ndarray:
    """Return the position of PyTorch minus TensorFlow's (DRAWS,) on the range, from the row's comparison."""
    compared, logarithmic = row["compared"], scale["logarithmic"]
    axis = math.log if logarithmic else float
    gap, low, high = (
        axis(compared[part]) if compared["kind"] == "ratio" else compared[part] for part in ("value", "low", "high")
    )
    margin = math.log(1 + scale["least"]) if logarithmic else scale["least"]
    if not unsettled and max(abs(low), abs(high)) <= margin:
        return np.zeros(DRAWS)
    noise = generator.standard_normal(DRAWS) / 1.959964
    drawn = gap + np.where(noise > 0, noise * (high - gap), noise * (gap - low))
    middle = (axis(row["PyTorch"]["value"]) + axis(row["TensorFlow"]["value"])) / 2
    worst, best = axis(scale["worst"]), axis(scale["best"])
    first, second = ((value - worst) / (best - worst) for value in (middle - drawn / 2, middle + drawn / 2))
    return np.minimum(first, 1) - np.minimum(second, 1)


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("preset", ["prototype", "api", "batch", "edge", "small_team"])
def test_lead_and_draws_follow_from_the_rows(path, preset):
    decision, _ = load(path)
    result, generator = decision["presets"][preset], np.random.default_rng(5)
    rows = {row["key"]: row for row in decision["criteria"]}
    weights = {key: weight for key, weight in result["weighting"]["weights"].items() if weight}
    groups: dict[str, list[str]] = {}
    for key in weights:
        groups.setdefault(rows[key]["measures"] or key, []).append(key)
    effective = {
        key: weights[key] * max(weights[other] for other in keys) / sum(weights[other] for other in keys)
        for keys in groups.values()
        for key in keys
    }
    covered = {key: weight for key, weight in effective.items() if rows[key]["measured"]}
    leads = np.zeros(DRAWS)
    for key, weight in covered.items():
        measured = rows[key]["measured"]
        share = 100 * weight / sum(covered.values())
        leads += share * draws(measured, rows[key]["range"], measured["unsettled"], generator)
    assert result["outcome"]["lead"] == pytest.approx(leads.mean(), abs=0.1)
    assert result["outcome"]["ahead"]["PyTorch"] == pytest.approx((leads > 0).mean(), abs=0.03)
    assert result["outcome"]["coverage"] == pytest.approx(sum(covered.values()) / sum(effective.values()))
    title, lead, ahead = result["headline"], abs(leads.mean()), max((leads > 0).mean(), (leads < 0).mean())
    if not decision["gates"] and abs(lead - 1) > 0.1 and abs(ahead - 0.95) > 0.02:
        assert (title == "No reason to choose") == (lead < 1)
        assert title.startswith("Rather") or title not in ("PyTorch", "TensorFlow") or ahead > 0.95
