"""Test that the README is short, is a valid Space card, and links to files that exist."""

import re

import pytest
import yaml

from bakeoff.common.root import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKING = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "benchmarks/README.md"]


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150
    assert len(README.split()) <= 1000


def test_the_readme_is_the_card_of_the_space():
    card = yaml.safe_load(README.split("---\n")[1])
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert f"gradio=={card['sdk_version']}" in requirements
    assert (ROOT / card["app_file"]).exists()
    assert (card["sdk"], card["license"]) == ("gradio", "apache-2.0")


@pytest.mark.parametrize("name", LINKING)
def test_every_link_to_a_file_leads_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in target]
    assert [target for target in targets if not (ROOT / name).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", *(f"docs/{page}.md" for page in ("architecture", "fairness"))]
)
def test_every_file_that_is_named_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    paths = re.findall(r"`((?:bakeoff|trainers|explain|eval|decide|service|tabs|tests|docs)/[\w/.-]*)`", text)
    assert paths
    assert [path for path in paths if "NAME" not in path and not (ROOT / path).exists()] == []


def test_pictures_are_small():
    pictures = list((ROOT / "docs").glob("*.png"))
    assert pictures
    assert all(path.stat().st_size < 300_000 for path in pictures)
