"""Tests of the decision bundle: the command, the page that runs nothing, the JSON, and the published decision."""

import json
import re
import shutil
from pathlib import Path

import pytest

from bakeoff.common.errors import ReportError
from decide import __main__ as command
from decide import report
from decide.criteria.presets import PRESETS
from decide.evidence import caveats, reports
from decide.evidence.tracing import untraced
from decide.pages import view
from eval.report.provenance import weights_digest
from tests.support import decided, tiny
from tests.support.planted import planted_pair

HOSTILE = '<img src=x onerror="hacked()">'
RESULTS = tiny.ROOT / "results"
PUBLISHED = sorted(RESULTS.glob("*/decision.json"))


@pytest.fixture(scope="module")
def decision():
    return decided.decision(*decided.everything(short=2, batch=0.8))


def test_the_command_writes_a_bundle(tmp_path, capsys):
    folder = decided.write(tmp_path / "reports", *decided.everything(short=2, step=1.05))
    weights, bundle = tmp_path / "w.json", tmp_path / "deep" / "bundle"
    assert command.main(["--report", str(folder), "--weights", "edge", "--save-weights", str(weights)]) == 0
    assert command.main(["--report", str(folder), "--weights", str(weights), "--output", str(bundle)]) == 0
    written = report.read(bundle / "decision.json")
    assert written["result"]["weighting"]["weights"] == PRESETS["edge"].weights
    assert str(tmp_path) not in written["command"]
    printed = capsys.readouterr().out
    assert written["result"]["sentence"] in printed
    assert written["result"]["headline"] in (bundle / "decision.html").read_text(encoding="utf-8")
    assert "not measured" not in printed.split("\n")[0]
    assert "Not settled: between 1.00 and 1.10 times PyTorch's." in printed
    assert written["scope"] in printed.split("\n")[0]


def test_the_command_compares_the_evidence_with_models(tmp_path, encoder_folder, capsys):
    planted_pair(encoder_folder, tmp_path / "model")
    other = shutil.copytree(tmp_path / "model", tmp_path / "other")
    (tmp_path / "model" / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    (other / "task.json").write_text("{}", encoding="utf-8")
    folder, models = decided.write(tmp_path / "reports", *decided.everything()), [str(other), str(tmp_path / "model")]
    arguments = ["--report", str(folder), "--models", *models, "--output", str(tmp_path / "bundle")]
    assert command.main(arguments) == 0
    others = f"PyTorch {'a' * 12} there, {weights_digest(tmp_path / 'model')[:12]} here"
    assert others in capsys.readouterr().out
    assert others in (tmp_path / "bundle" / "decision.html").read_text(encoding="utf-8")
    assert others in report.read(tmp_path / "bundle" / "decision.json")["other_models"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--report", "absent.json"], "can't be read"),
        (["--report", "{folder}", "--weights", "fast"], "is not a weighting"),
        (["--report", "{folder}", "--output", "{folder}/0.json/x"], "can't be made"),
    ],
)
def test_an_error_is_one_sentence(arguments, sentence, tmp_path, capsys):
    folder = decided.write(tmp_path / "reports", decided.benchmark())
    assert command.main([argument.format(folder=folder) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_the_page_starts_with_the_recommendation_and_names_its_sources(decision):
    page = view.render(decision)
    first = page[: page.index("<h2>Why</h2>")]
    assert decision["result"]["headline"] in first
    assert "When to use which" in first
    assert "What turns this answer" in first
    assert decision["scope"] in first
    for preset in PRESETS.values():
        assert preset.name in first
    for source in decision["sources"]:
        assert f'id="source-{source["id"]}"' in page
    assert decision["models"]["PyTorch"]["weights"] in page
    assert decision["corpus"]["digest"] in page
    assert "abacus" in page
    assert "set by the team, not measured" in page
    assert "no energy counters" in page
    for claim in decision["claims"]:
        assert claim["answer"] in page
    assert "break-after: page" in page
    assert "TorchScript" in page
    assert "4 [3, 5]" in page  # milliseconds of an exported model


def test_a_criterion_that_is_not_settled_shows_what_it_may_add(decision):
    bars = {bar.name: bar for bar in view.contributions(decision, decision["result"])}
    tie, decided_on = bars["serving memory"], bars["short-text latency"]
    assert "long-text latency" not in bars, "no difference adds nothing in any draw"
    assert tie.width < 0.5
    assert tie.low < 50 < tie.low + tie.span
    assert decided_on.label.endswith("for PyTorch") and decided_on.width > 0


@pytest.mark.parametrize("name", ["result", "answers", "score", "plots", "matrix", "claims", "sources"])
def test_every_part_of_the_tab_is_rendered(decision, name):
    assert view.part(name, decision, decision["result"]) in view.render(decision)


def test_a_bundle_about_other_models_says_so_in_plain_gray(decision):
    others = caveats.other_models(decision, {"PyTorch": "f" * 64})
    marked = report.marked(decision, others)
    report.check(marked, "it")
    assert f'<p class="quiet">{others}</p>' in view.render(marked)
    assert "about other models than the loaded ones" not in view.render(decision)


def test_text_of_a_report_is_escaped_and_nothing_is_fetched(decision):
    hostile = json.loads(json.dumps(decision).replace("planted", HOSTILE.replace('"', '\\"')))
    hostile["result"]["headline"] = hostile["facts"][0]["text"] = HOSTILE
    page = view.render(hostile)
    assert "<img" not in page
    assert "&lt;img" in page
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)


def test_weights_change_the_result_and_nothing_else(decision, tmp_path):
    report.write(tmp_path / "decision.json", decision)
    opened = report.open_decision(tmp_path / "decision.json")
    other = opened.with_weights(PRESETS["batch"])
    report.check(other, "it")
    assert other["result"] == decision["presets"]["batch"]
    assert other["criteria"] == decision["criteria"]
    assert other["id"] != decision["id"]
    assert opened.with_weights(PRESETS["api"])["id"] == decision["id"]


def test_a_folder_of_reports_is_decided_again_only_when_it_changes(tmp_path):
    folder = decided.write(tmp_path / "reports", *decided.everything())
    before = report.open_decision(folder)
    assert report.open_decision(folder) is before
    (folder / "0.json").write_text(json.dumps(decided.benchmark(short=3)), encoding="utf-8")
    after = report.open_decision(folder)
    assert after.matrix.ahead("latency") == "PyTorch"


def test_there_is_a_published_decision():
    assert PUBLISHED
    assert set(report.published()) == {path.parent.name for path in PUBLISHED}


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_every_published_number_follows_from_a_report_beside_it(path: Path):
    decision = report.read(path)
    evidence = reports.gather([path.parent])
    contents = {source.id: source.content for source in evidence.sources}
    assert {source["id"] for source in decision["sources"]} == set(contents)
    assert untraced(decision, contents) == []
    again = report.build(evidence, PRESETS["api"], decision["command"])
    for part in ("criteria", "sources", "presets", "remarks", "models", "corpus"):
        assert again[part] == decision[part], f"{part} does not follow from the reports: make the decision again"
    # The last claim is about the trainers at that time; the decision contains both files and their digests.
    assert again["claims"][:-1] == decision["claims"][:-1]
    assert decision["claims"][-1]["key"] == "skills"
    page = path.with_name("decision.html").read_text(encoding="utf-8")
    assert page == view.render(decision)


def test_a_folder_without_a_decision_is_read_again_only_when_it_changes(tmp_path, monkeypatch):
    calls = []

    def gather(paths):
        calls.append(paths)
        raise ReportError("nothing is here")

    monkeypatch.setattr(report, "gather", gather)
    for _ in range(2):
        with pytest.raises(ReportError, match="nothing is here"):
            report.open_decision(tmp_path)
    (tmp_path / "new.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ReportError, match="nothing is here"):
        report.open_decision(tmp_path)
    assert len(calls) == 2
