"""Test that the routes, environment variables and file formats in the hand-written pages exist."""

import re

from bakeoff.common.root import ROOT
from bakeoff.corpus import tables
from tests.support.serving import serving

DOCS = ROOT / "docs"
OUTSIDE_THE_SCHEMA = {"/api/docs", "/api/openapi.json", "/gradio_api/mcp/"}


def page(name: str) -> str:
    """Return a page's text."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def source() -> str:
    """Return all code of the project except its tests and the documentation's scripts."""
    left_out = {"tests", "docs", ".venv", "runs"}
    files = (path for path in ROOT.rglob("*.py") if not left_out & set(path.relative_to(ROOT).parts))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_the_api_page_lists_every_route_and_no_other():
    with serving() as server:
        served = set(server.get("/api/openapi.json").json()["paths"])
    documented = set(re.findall(r"(?<![\w.])(/(?:api|health|gradio_api|metrics|ping|invocations)[\w/.]*)", page("api")))
    assert documented - OUTSIDE_THE_SCHEMA == served


def test_environment_variables_of_the_pages_are_read_by_the_code():
    named = {name for path in DOCS.glob("*.md") for name in re.findall(r"\bBAKEOFF_[A-Z_]+", path.read_text("utf-8"))}
    assert len(named) > 6
    read = set(re.findall(r"\bBAKEOFF_[A-Z_]+", source()))
    assert named <= read
    # A name that ends in `_` is the beginning of several.
    assert {name for name in read if not name.endswith("_")} <= set(re.findall(r"\bBAKEOFF_[A-Z_]+", page("operate")))


def test_the_page_on_data_names_every_format():
    spelled = {".csv": "CSV", ".tsv": "TSV", ".txt": "TSV", ".parquet": "Parquet"}
    for suffix in tables.SUFFIXES:
        assert spelled.get(suffix, "JSON Lines") in page("your-data")
