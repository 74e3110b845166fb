"""Test that the site builds strictly and loads nothing from an outside host."""

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from playwright import sync_api as playwright

from bakeoff.common.root import ROOT
from tests.support.chromium import CHROMIUM, FLAGS
from tests.support.marks import needs_chromium

SOURCES = ["mkdocs.yml", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md"]
# The attributes that make a browser fetch something when it shows a page. Links to follow are not among them.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc="([^"]+)"|<link\b[^>]*\bhref="([^"]+)\""""
)
IN_STYLES = re.compile(r"""url\(["']?([^"')]+)|@import\s+["']([^"']+)""")


def copy_sources(folder: Path) -> Path:
    """Copy the sources of the site."""
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    for name in SOURCES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def build(folder: Path) -> subprocess.CompletedProcess:
    """Build the site strictly, as `make docs-check` does."""
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return the folder of the built site."""
    folder = copy_sources(tmp_path_factory.mktemp("project"))
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


def test_every_page_is_built_and_no_script_is_published(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert {page for page in pages if not (site / page / "index.html").exists()} == set()
    assert (site / "index.html").exists()
    assert not list(site.rglob("*.py"))
    assert not list(site.rglob("*.j2"))
    navigation = (site / "index.html").read_text(encoding="utf-8")
    assert {page for page in pages if f'href="./{page}/"' not in navigation} == set()


def test_included_files_are_in_the_site(site):
    assert "<table" in (site / "security" / "index.html").read_text(encoding="utf-8")
    assert "Keep a Changelog" in (site / "changelog" / "index.html").read_text(encoding="utf-8")


def test_nothing_that_a_page_fetches_is_on_another_host(site):
    fetched = {
        address
        for path in site.rglob("*.html")
        for pair in FETCHED.findall(path.read_text(encoding="utf-8"))
        for address in filter(None, pair)
    }
    assert any(address.endswith(".css") for address in fetched)
    fetched |= {
        address
        for path in site.rglob("*.css")
        for pair in IN_STYLES.findall(path.read_text(encoding="utf-8"))
        for address in filter(None, pair)
    }
    assert [address for address in fetched if re.match(r"(https?:)?//", address)] == []


@pytest.mark.parametrize("planted", ["[nowhere](no-such-page.md)", "[nowhere](results.md#no-such-heading)"])
def test_a_broken_link_fails_the_build(planted, tmp_path):
    folder = copy_sources(tmp_path)
    page = folder / "docs" / "speed.md"
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{planted}\n", encoding="utf-8")
    built = build(folder)
    assert built.returncode != 0
    assert "does not exist" in built.stdout + built.stderr


@pytest.mark.slow
@needs_chromium
def test_a_browser_asks_no_other_host(site):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        asked = []
        with playwright.sync_playwright() as running:
            browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            page.on("request", lambda request: asked.append(request.url))
            for path in ("/", "/results/", "/commands/", "/architecture/"):
                page.goto(address + path)
                page.wait_for_load_state("networkidle")
            browser.close()
        server.shutdown()
    assert f"{address}/results/" in asked
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
