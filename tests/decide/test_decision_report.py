"""The bundle: one command, a page that opens dead and prints, JSON beside it; and the published decision."""

import json
import re
import shutil
from pathlib import Path

import pytest

from bakeoff.common.errors import ReportError
from decide import __main__ as decision
from decide import report
from decide.criteria.presets import PRESETS
from decide.evidence import caveats, reports
from decide.evidence.comparison import untraced
from decide.pages import view
from eval.report.provenance import weights_digest
from tests.support import decided, tiny
from tests.support.planted import planted_pair

HOSTILE = '<img src=x onerror="hacked()">'
RESULTS = tiny.ROOT / "results"
PUBLISHED = sorted(RESULTS.glob("*/decision.json"))


@pytest.fixture(scope="module")
def made():
    return decided.decision(*decided.everything(short=2, batch=0.8))


def test_the_command_writes_a_bundle(tmp_path, capsys):
    folder = decided.write(tmp_path / "reports", *decided.everything(short=2, step=1.05))
    weights, bundle = tmp_path / "w.json", tmp_path / "deep" / "bundle"
    assert decision.main(["--report", str(folder), "--weights", "edge", "--save-weights", str(weights)]) == 0
    assert decision.main(["--report", str(folder), "--weights", str(weights), "--output", str(bundle)]) == 0
    written = report.read(bundle / "decision.json")
    assert written["result"]["weighting"]["weights"] == PRESETS["edge"].weights
    assert str(tmp_path) not in written["command"]
    said = capsys.readouterr().out
    assert written["result"]["sentence"] in said
    assert written["result"]["headline"] in (bundle / "decision.html").read_text(encoding="utf-8")
    assert "not known" not in said.split("\n")[0]
    assert "Not settled: between 1.00 and 1.10 times PyTorch's." in said


def test_the_command_holds_the_evidence_against_models(tmp_path, encoder_folder, capsys):
    planted_pair(encoder_folder, tmp_path / "model")
    other = shutil.copytree(tmp_path / "model", tmp_path / "other")
    (tmp_path / "model" / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    (other / "task.json").write_text("{}", encoding="utf-8")
    folder, models = decided.write(tmp_path / "reports", *decided.everything()), [str(other), str(tmp_path / "model")]
    arguments = ["--report", str(folder), "--models", *models, "--output", str(tmp_path / "bundle")]
    assert decision.main(arguments) == 0
    stale = f"PyTorch was {'a' * 12}, is {weights_digest(tmp_path / 'model')[:12]}"
    assert stale in capsys.readouterr().out
    assert stale in (tmp_path / "bundle" / "decision.html").read_text(encoding="utf-8")
    assert stale in report.read(tmp_path / "bundle" / "decision.json")["stale"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--report", "absent.json"], "can't be read"),
        (["--report", "{folder}", "--weights", "fast"], "is no weighting"),
        (["--report", "{folder}", "--output", "{folder}/0.json/x"], "can't be made"),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments, sentence, tmp_path, capsys):
    folder = decided.write(tmp_path / "reports", decided.benchmark())
    assert decision.main([each.format(folder=folder) for each in arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_the_page_says_first_what_to_do_and_where_it_is_from(made):
    page = view.render(made)
    first = page[: page.index("<h2>Why</h2>")]
    assert made["result"]["headline"] in first
    assert "What would make the two level" in first
    for preset in PRESETS.values():
        assert preset.name in first
    for source in made["sources"]:
        assert f'id="source-{source["id"]}"' in page
    assert made["models"]["PyTorch"]["weights"] in page
    assert made["corpus"]["digest"] in page
    assert "abacus" in page
    assert "set by the team, not measured" in page
    assert "no energy counters" in page
    for claim in made["claims"]:
        assert claim["answer"] in page
    assert "break-after: page" in page
    assert "TorchScript" in page
    assert "4 [3, 5]" in page  # milliseconds of an exported model


def test_what_is_not_settled_shows_what_it_may_bring(made):
    bars = {bar.name: bar for bar in view.contributions(made, made["result"])}
    tie, same, decided_on = (bars[name] for name in ("serving memory", "long-text latency", "short-text latency"))
    assert (tie.width, tie.label) == (0, "not settled")
    assert (same.width, same.label) == (0, "no difference")
    assert tie.low < 50 < tie.low + tie.span
    assert decided_on.label.endswith("for PyTorch") and decided_on.width > 0


def test_a_stale_bundle_says_so(made):
    stale = caveats.stale(made, {"PyTorch": "f" * 64})
    marked = report.marked(made, stale)
    report.check(marked, "it")
    assert stale in view.render(marked)
    assert "stale" not in re.sub(r"<style>.*?</style>", "", view.render(made), flags=re.DOTALL).lower()


def test_nothing_of_a_report_is_markup_and_nothing_is_fetched(made):
    hostile = json.loads(json.dumps(made).replace("planted", HOSTILE.replace('"', '\\"')))
    hostile["result"]["headline"] = hostile["facts"][0]["text"] = HOSTILE
    page = view.render(hostile)
    assert "<img" not in page
    assert "&lt;img" in page
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)


def test_weights_change_the_result_and_nothing_else(made, tmp_path):
    report.write(tmp_path / "decision.json", made)
    opened = report.open_decision(tmp_path / "decision.json")
    other = opened.with_weights(PRESETS["batch"])
    report.check(other, "it")
    assert other["result"] == made["presets"]["batch"]
    assert other["criteria"] == made["criteria"]
    assert other["id"] != made["id"]
    assert opened.with_weights(PRESETS["api"])["id"] == made["id"]


def test_a_folder_of_reports_is_decided_on_and_again_when_it_changes(tmp_path):
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
def test_every_published_number_is_traced_to_a_report_beside_it(path: Path):
    made = report.read(path)
    evidence = reports.gather([path.parent])
    contents = {source.id: source.content for source in evidence.sources}
    assert {source["id"] for source in made["sources"]} == set(contents)
    assert untraced(made, contents) == []
    again = report.build(evidence, PRESETS["api"], made["command"])
    for source in again["sources"]:  # an older decision names the command as it was called when it was written
        source["command"] = {"bakeoff train": "python -m trainers"}.get(source["command"], source["command"])
    for part in ("criteria", "sources", "presets", "remarks", "models", "corpus"):
        assert again[part] == made[part], f"{part} is not what the reports say: make the decision again"
    # The last one is about the trainers as they were then; the decision holds both and their digests.
    assert again["claims"][:-1] == made["claims"][:-1]
    assert made["claims"][-1]["key"] == "skills"
    page = path.with_name("decision.html").read_text(encoding="utf-8")
    assert page == view.render(made)


def test_a_folder_that_makes_no_decision_is_not_read_again_before_it_changes(tmp_path, monkeypatch):
    asked = []

    def gather(paths):
        asked.append(paths)
        raise ReportError("nothing is here")

    monkeypatch.setattr(report, "gather", gather)
    for _ in range(2):
        with pytest.raises(ReportError, match="nothing is here"):
            report.open_decision(tmp_path)
    (tmp_path / "new.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ReportError, match="nothing is here"):
        report.open_decision(tmp_path)
    assert len(asked) == 2
