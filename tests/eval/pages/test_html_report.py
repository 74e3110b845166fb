"""Test a report as a page and as CSV: complete, offline, and inert whatever the report's names are."""

import copy
import csv
import io
import re
import xml.etree.ElementTree as ElementTree

import pytest

from eval.pages import html_report, plots
from eval.pages.metrics_csv import HEADER, metrics_csv
from eval.report import report
from tests.eval.report.test_report import build, build_planted
from tests.support.planted_logits import EDGES

HOSTILE = '"><img src=x onerror=alert(1)>$x^2$</td>'


@pytest.fixture(scope="module")
def document():
    return build_planted()


def renamed(document, name):
    """Return the report with a name in every place where a corpus, its author or its file could put one."""
    changed = copy.deepcopy(document)
    changed["labels"] = [f"{name}{number}" for number in range(3)]
    changed["corpus"]["name"] = changed["command"] = changed["machine"]["processor"] = name
    for part in (*changed["slices"]["slices"], *changed["slices"]["skipped"]):
        part["name"] = name
    for each in changed["comparison"]["classes"]:
        each["label"] = name
    changed["comparison"]["explanation"] = name
    changed["comparison"]["metrics"][name] = changed["comparison"]["metrics"]["accuracy"]
    return changed


def test_the_verdict_comes_first_and_every_part_is_there(document):
    page = html_report.render(document)
    assert page.index(document["comparison"]["headline"]) < page.index("<svg") < page.index("<h2>Metrics")
    for title in ("Confusion matrices", "confidence calibrated", "Slices of the texts", "Seeds", "Robustness"):
        assert title in page
    assert document["id"] in page
    assert document["corpus"]["digest"] in page
    assert f"torch {document['machine']['versions']['torch']}" in page


def test_scores_on_other_texts_than_the_models_own_are_warned_of(document):
    warning = "trained on another corpus or split"
    assert warning in html_report.render(document)
    own = copy.deepcopy(document)
    for model in own["models"].values():
        model["trained_on"] = {"digest": own["corpus"]["digest"]}
    assert warning not in html_report.render(own)


def test_no_markup_of_a_report_survives(document):
    page = html_report.render(renamed(document, HOSTILE))
    assert "<img" not in page
    assert "&#34;&gt;&lt;img src=x" in page


def test_the_page_asks_no_one_for_anything(document):
    page = html_report.render(document)
    assert "default-src 'none'" in page
    assert "<script" not in page
    # XML namespaces look like addresses, but no browser opens them.
    addresses = set(re.findall(r'(?:href|src)="([^#"][^"]*)"', page))
    assert addresses == set()


def test_ids_of_several_drawings_don_t_collide(document):
    ids = re.findall(r' id="([^"]+)"', html_report.render(document))
    assert ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("draw", [plots.reliability, plots.differences, plots.seeds])
def test_drawings_are_the_same_each_time_and_hold_their_references(document, draw):
    drawing = draw(document)
    assert drawing == draw(document)
    ElementTree.fromstring(drawing)
    used = set(re.findall(r"url\(#([^)]+)\)", drawing)) | set(re.findall(r'href="#([^"]+)"', drawing))
    assert used <= set(re.findall(r' id="([^"]+)"', drawing))
    assert plots.INK not in drawing


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge != "huge logits"])
def test_what_is_not_defined_is_said_not_drawn(edge):
    references, make = EDGES[edge]
    page = html_report.render(build(references, make(references), make(references)))
    assert "nan" not in re.sub(r"<[^>]*>", "", page).lower().split()
    assert "Over several trainings" not in page


def test_the_command_writes_the_page(document, tmp_path, capsys):
    report.write(tmp_path / "report.json", document)
    assert html_report.main([str(tmp_path / "report.json")]) == 0
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html_report.render(document)
    assert html_report.main([str(tmp_path / "absent.json")]) == 2
    assert html_report.main([str(tmp_path / "report.json"), "--output", str(tmp_path / "no" / "folder.html")]) == 2
    assert "can't be written" in capsys.readouterr().err


def test_the_csv_has_each_number_of_each_metric(document):
    rows = list(csv.DictReader(io.StringIO(metrics_csv(document))))
    assert tuple(rows[0]) == HEADER
    accuracy = next(row for row in rows if (row["class"], row["metric"]) == ("", "accuracy"))
    compared = document["comparison"]["metrics"]["accuracy"]
    assert float(accuracy["pytorch_value"]) == compared["pytorch"]["value"]
    assert float(accuracy["difference_low"]) == compared["difference"]["low"]
    assert {row["class"] for row in rows} == {"", "class 0", "class 1", "class 2"}
    error = next(row for row in rows if row["metric"] == "expected_calibration_error")
    assert error["pytorch_low"] == ""
    assert error["reason"]


def test_no_cell_of_the_csv_is_a_formula(document):
    hostile = renamed(document, "=cmd|' /C calc'!A0")
    for row in csv.reader(io.StringIO(metrics_csv(hostile))):
        assert not row[0].startswith("=")
        assert not row[1].startswith("=")
