"""Test `eval.adoption`: live counts from a Hub over HTTP, cached counts when it is down, searches, dated facts."""

import json
from datetime import date

import pytest

from bakeoff.common.errors import HubError, ReportError
from bakeoff.common.json_report import identify
from bakeoff.hub import counts
from eval.adoption import __main__ as adoption
from eval.adoption import trends as adoption_trends

EXPORT = """Category: All categories

Week,pytorch: (Worldwide),tensorflow: (Worldwide)
2024-11-03,80,40
2025-11-09,90,<1
2025-11-16,100,12
"""


def card(library: str, task: str = "text-classification", *tags: str) -> dict[str, bytes]:
    front = f"library_name: {library}\npipeline_tag: {task}\ntags: {json.dumps(list(tags))}"
    return {"README.md": f"---\n{front}\n---\n# A model\n".encode()}


@pytest.fixture
def hub(connected_hub, tmp_path, monkeypatch):
    """Start a Hub with models of several libraries; its counts are cached under tmp_path."""
    monkeypatch.setattr(counts, "WAITS", (0, 0))
    monkeypatch.setenv("BAKEOFF_CACHE", str(tmp_path / "cache"))
    for number in range(40):  # more than the Hub lists per page
        connected_hub.put(f"alice/bert-{number}", card("transformers", "text-classification", "pytorch"))
    connected_hub.put("bob/old", card("transformers", "text-classification", "tf"))
    connected_hub.put("bob/preset", card("keras-hub"))
    connected_hub.put("bob/preset-2", card("keras-hub"))
    connected_hub.put("bob/private", card("keras-hub"), private=True)
    connected_hub.put("bob/image", card("keras-hub", "image-classification"))
    connected_hub.put("bob/no-card", {"config.json": b"{}"})
    return connected_hub


def run(tmp_path, capsys, *arguments: str) -> tuple[dict, str]:
    """Run the command, and return what it wrote and printed."""
    output = tmp_path / "adoption.json"
    assert adoption.main(["--output", str(output), *arguments]) == 0
    document = json.loads(output.read_text())
    assert document["id"] == identify(document)
    assert str(tmp_path) not in output.read_text()
    return document, capsys.readouterr().out


def test_public_models_of_the_task_are_counted_by_library(hub, tmp_path, capsys):
    document, printed = run(tmp_path, capsys)
    assert document["hub"]["libraries"] == {
        "transformers": 41, "pytorch": 40, "tf": 1, "keras": 0, "tf-keras": 0, "keras-hub": 2,
    }  # fmt: skip
    assert (document["hub"]["PyTorch"], document["hub"]["TensorFlow"]) == (41, 2), "sums would count models twice"
    assert document["hub"]["date"][:10] == document["date"][:10]
    assert document["trends"] is None
    assert document["notes"] == []
    assert "transformers 41, pytorch 40" in printed
    assert hub.requests.count("GET /models-json") == 6, "one request a library"


def test_a_hub_that_is_away_gives_the_kept_counts_with_their_date(hub, tmp_path, capsys):
    before, _ = run(tmp_path, capsys)
    hub.stop()
    after, printed = run(tmp_path, capsys)
    assert after["hub"] == before["hub"]
    (note,) = after["notes"]
    assert note.startswith(f"The counts of models are of {before['hub']['date']}: The Hub at ")
    assert note in printed


def test_without_hub_and_kept_counts_there_are_none_and_one_sentence_says_so(hub, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(counts.constants, "HF_HUB_OFFLINE", True)
    document, _ = run(tmp_path, capsys)
    assert document["hub"] is None
    assert document["notes"] == ["There are no counts of models: HF_HUB_OFFLINE is set."]
    assert document["facts"] == adoption.facts()
    assert not hub.requests


def test_a_busy_hub_is_asked_again(hub, tmp_path, capsys):
    hub.faults.statuses["GET /models-json"] = (503, 2)
    document, _ = run(tmp_path, capsys)
    assert document["hub"]["TensorFlow"] == 2


def test_a_hub_without_counts_is_told_by_one_sentence(hub, tmp_path):
    hub.faults.statuses["GET /models-json"] = (404, 99)
    with pytest.raises(HubError, match=r"^There are no counts of models: The Hub refused .*404.*\.$"):
        counts.count_models("text-classification", ["tf"], tmp_path / "kept.json")


@pytest.mark.parametrize("answer", [[], {"models": []}, {"numTotalItems": "7"}, {"numTotalItems": True}])
def test_an_answer_without_a_number_is_no_count(hub, tmp_path, answer):
    hub.faults.counts = answer
    with pytest.raises(HubError, match="gave no number of models for tf"):
        counts.count_models("text-classification", ["tf"], tmp_path / "kept.json")


def test_kept_counts_of_something_else_are_not_taken(hub, tmp_path):
    cache = tmp_path / "kept.json"
    counts.count_models("text-classification", ["tf"], cache)
    hub.stop()
    assert counts.count_models("text-classification", ["tf"], cache).models == {"tf": 1}
    for task, libraries in (("text-generation", ["tf"]), ("text-classification", ["tf", "keras"])):
        with pytest.raises(HubError, match="There are no counts"):
            counts.count_models(task, libraries, cache)
    cache.write_text("{")
    with pytest.raises(HubError, match="There are no counts"):
        counts.count_models("text-classification", ["tf"], cache)


def test_searches_are_read_from_the_export(tmp_path, capsys, hub):
    file = tmp_path / "multiTimeline.csv"
    file.write_text("\ufeff" + EXPORT, encoding="utf-8")
    document, printed = run(tmp_path, capsys, "--trends", str(file))
    trends = document["trends"]
    assert (trends["category"], trends["region"], trends["step"]) == ("All categories", "Worldwide", "Week")
    assert trends["values"] == {"PyTorch": [80, 90, 100], "TensorFlow": [40, 0.5, 12]}
    assert trends["mean"]["PyTorch"] == 90
    assert trends["mean_of_last_year"] == {"PyTorch": 95, "TensorFlow": 6.25}
    assert "PyTorch 95, TensorFlow 6" in printed


def test_months_and_swapped_columns_are_read_too(tmp_path):
    file = tmp_path / "months.csv"
    file.write_text("Month,TensorFlow: (Germany),PyTorch: (Germany)\n2025-10,1,2\n2025-11,3,4\n")
    found = adoption_trends.read(file)
    assert found["values"] == {"PyTorch": [2, 4], "TensorFlow": [1, 3]}
    assert (found["region"], found["category"]) == ("Germany", None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Week,", "Country,", "has no line that starts with Hour, Day, Week, Month or Time"),
        ("tensorflow", "keras", "has 0 columns for TensorFlow"),
        ("tensorflow: (Worldwide)", "tensorflow: (France)", "compares different regions"),
        ("80", "800", "800 is not between 0 and 100"),
        ("80", "many", "has the line '2024-11-03,many,40'"),
        ("2025-11-16,100,12", "2025-11-16,100", "has the line '2025-11-16,100'"),
        ("2024-11-03", "2026-11-03", "increasing dates"),
        ("2024-11-03,80,40\n2025-11-09,90,<1\n2025-11-16,100,12\n", "", "no lines of values"),
    ],
)
def test_another_file_is_refused_in_one_sentence(tmp_path, old, new, says):
    file = tmp_path / "export.csv"
    file.write_text(EXPORT.replace(old, new))
    with pytest.raises(ReportError) as caught:
        adoption_trends.read(file)
    assert says in str(caught.value)
    assert str(caught.value).endswith('expected the CSV of "Interest over time" for the terms pytorch and tensorflow.')


def test_files_that_can_not_be_read_are_refused(tmp_path):
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("absent.csv", "binary.csv"):
        with pytest.raises(ReportError, match=f"{name} can't be read"):
            adoption_trends.read(tmp_path / name)


def test_every_fact_has_a_date_and_a_source():
    facts = adoption.facts()
    assert all(set(fact) == {"date", "text", "source"} for fact in facts)
    dates = [date.fromisoformat(fact["date"]) for fact in facts]
    assert dates == sorted(dates)
    assert all(fact["source"].startswith("https://") and fact["text"].endswith(".") for fact in facts)
    assert any("transformers 5" in fact["text"] for fact in facts)
