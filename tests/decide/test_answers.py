"""Test the answers in units, what would settle an open one, and the record in the MADR form."""

from decide import __main__ as command
from decide import adr, answers, report
from decide.criteria.presets import PRESETS
from tests.support import decided


def rows(*contents):
    return {row["key"]: row for row in answers.answers(decided.decision(*contents)["criteria"])}


def test_each_answer_is_in_its_unit_with_the_interval_of_the_difference():
    found = rows(decided.benchmark(short=2, cold=1.005, memory=3))
    assert found["latency"]["sentence"] == (
        "Short-text latency: PyTorch is ahead by 20 ms "
        "(PyTorch 20, TensorFlow 40 ms; TensorFlow minus PyTorch +20, 95 % +18 to +22)."
    )
    assert found["cold_start"]["standing"] == "no difference"
    assert found["serving_memory"]["standing"] == "not settled"
    assert "measured once" in found["serving_memory"]["settle"]
    assert "`bakeoff speed`" in found["serving_memory"]["settle"]
    assert found["latency"]["settle"] == ""


def test_the_most_asked_for_comes_first_and_what_was_not_measured_is_said():
    made = decided.decision()
    keys = [row["key"] for row in answers.answers(made["criteria"])]
    assert keys[:3] == ["latency", "throughput", "training_step"]
    sentences = answers.unmeasured(made["criteria"])
    assert any(sentence.startswith("accuracy: no report of `bakeoff evaluate`") for sentence in sentences)
    assert sum("no report covers it" in sentence for sentence in sentences) == 3


def test_the_scope_names_processor_corpus_packages_basis_and_dates():
    scope = decided.decision()["scope"]
    for part in ("planted", "abacus, 2 cores", "torch 2", "“documented”", "“plain pip”", "2026-01-01 to 2026-01-04"):
        assert part in scope


def test_a_situation_gives_recommendation_reason_in_units_and_what_would_change_it():
    made = decided.decision(*decided.everything(short=3, cold=3))
    situation = answers.situation(made["presets"]["api"], made["criteria"])
    assert situation["recommendation"] == made["presets"]["api"]["headline"]
    assert "s (PyTorch 8, TensorFlow 24 s" in situation["reason"]


def test_the_record_holds_the_parts_of_madr_and_the_evidence(tmp_path):
    folder = decided.write(tmp_path / "reports", *decided.everything(short=3))
    assert command.main(["--report", str(folder), "--adr", str(tmp_path / "adr.md"), "--quiet"]) == 0
    text = (tmp_path / "adr.md").read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert [heading.lstrip("# ") for heading in headings[1:]] == [
        "Context and problem statement",
        "Decision drivers",
        "Considered options",
        "Decision outcome",
        "Consequences",
        "Confirmation",
        "More information",
    ]
    made = decided.decision(*decided.everything(short=3), weighting=PRESETS["api"])
    assert made["result"]["headline"] in headings[0]
    for source in made["sources"]:
        if source["kind"] == "benchmark":
            assert f"`{source['id']}`" in text
    hostile = made | {"scope": "a & b <c>"}
    assert "a & b <c>" in adr.markdown(hostile), "Markdown is not escaped as HTML"
    report.check(made, "it")
