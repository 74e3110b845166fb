"""Test that every test named in `SECURITY.md` exists."""

import re

from tests.support.tiny import ROOT

ROW = re.compile(r"^\| (?!threat|---)(.+) \| (.+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(?P<file>test_\w+\.py)`(?:: (?P<names>`\w+`(?:, `\w+`)*))?")


def test_every_threat_has_a_control_and_tests_that_exist():
    rows = ROW.findall((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(rows) > 15
    for threat, _, tests in rows:
        found = list(NAMED.finditer(tests))
        assert found or "Answer.error" in tests, threat
        for match in found:
            (path,) = (ROOT / "tests").rglob(match["file"])
            source = path.read_text(encoding="utf-8")
            for name in re.findall(r"`(\w+)`", match["names"] or ""):
                assert re.search(rf"def test_\w*{name}", source), (threat, match["file"], name)
