"""Test the registered definitions: their version, their digest, the changelog, and old beside new."""

import re
import tomllib
from dataclasses import replace

import pytest

from bakeoff.common.errors import InputError
from decide import __main__ as command
from decide import report
from decide.criteria import definitions
from decide.criteria.presets import PRESETS
from tests.support import decided, tiny

CHANGELOG = (tiny.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_a_changed_definition_needs_a_new_version_and_a_changelog_entry_on_every_published_decision():
    current = definitions.CURRENT
    assert definitions.registered()[str(current.version)] == current.digest, (
        "the definitions have changed: give them a new version, register its digest in versions.json, and say in "
        "CHANGELOG.md how each published decision changes"
    )
    assert max(map(int, definitions.registered())) == current.version
    entry = re.search(rf"^- Definitions {current.version}\b.*?(?=^- |^#|\Z)", CHANGELOG, re.MULTILINE | re.DOTALL)
    assert entry, f"CHANGELOG.md has no entry that begins with “Definitions {current.version}”"
    for name in report.published():
        assert name in entry[0], f"the entry does not say how the decision {name} changes"


def test_a_decision_carries_version_digest_and_rule():
    decision = decided.decision()
    assert decision["definitions"]["version"] == definitions.CURRENT.version
    assert decision["definitions"]["digest"] == definitions.CURRENT.digest
    assert decision["definitions"]["rule"]["margin"] == definitions.CURRENT.rule.margin


def test_comments_and_layout_leave_the_digest_unchanged_and_a_number_changes_it(tmp_path):
    text = definitions.FILE.read_text(encoding="utf-8")
    path = tmp_path / "d.toml"
    path.write_text("# another comment\n\n" + text, encoding="utf-8")
    assert definitions.read(path) == definitions.CURRENT
    path.write_text(text.replace("margin = 1.0", "margin = 2.0"), encoding="utf-8")
    assert definitions.read(path).digest != definitions.CURRENT.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [("version = 1", "x = 1"), ('basis = "documented"', 'basis = "best"'), ("margin = 1.0", ""), ("[rule]", "[[rule")],
)
def test_invalid_definitions_get_a_sentence(tmp_path, old, new):
    text = definitions.FILE.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "d.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"d\.toml can't be read as definitions"):
        definitions.read(tmp_path / "d.toml")


def test_older_definitions_are_shown_beside_today_s(tmp_path, capsys):
    text = definitions.FILE.read_text(encoding="utf-8")
    old = text.replace("version = 1", "version = 0", 1).replace("margin = 1.0", "margin = 90.0", 1)
    assert tomllib.loads(old)["rule"]["margin"] == 90
    (tmp_path / "old.toml").write_text(old, encoding="utf-8")
    folder = decided.write(tmp_path / "reports", *decided.everything(short=4, cold=4))
    arguments = ["--report", str(folder), "--definitions", str(tmp_path / "old.toml")]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out.splitlines()
    header = next(number for number, line in enumerate(printed) if "definitions 0" in line)
    assert "definitions 1" in printed[header]
    lines = {line[:32].strip(): line[32:] for line in printed[header + 1 :]}
    assert set(lines) == {preset.name for preset in PRESETS.values()}
    first, second = re.split(r"\s{2,}", lines["real-time API"].strip())
    assert first.startswith("No reason to choose (+")
    assert "PyTorch (+" in second


def test_the_range_of_the_definitions_is_used_and_not_today_s():
    wide = [
        replace(row, scale=replace(row.scale, worst=1e6)) if row.key == "latency" else row
        for row in definitions.CURRENT.criteria
    ]
    old = replace(definitions.CURRENT, version=0, criteria=tuple(wide))
    evidence = decided.evidence(decided.benchmark(short=4))
    leads = [
        report.build(evidence, PRESETS["api"], "x", report.Choice(definitions=definitions_))["result"]["outcome"][
            "lead"
        ]
        for definitions_ in (definitions.CURRENT, old)
    ]
    assert leads[0] > leads[1] > 0
