"""Take the pictures of the page that the documentation shows: `make screenshots`.

python -m docs.generate.screenshots      # needs Chromium and the demo pair, which `make demo` trains
"""

import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from bakeoff.common.root import ROOT
from benchmarks.load.server import running
from tests.support.chromium import CHROMIUM, FLAGS

DOCS = ROOT / "docs"
PAIR = ROOT / "runs" / "demo"
SIZE = {"width": 1280, "height": 1000}
COLORS = 128  # size of the palette: the file is a quarter as large, without a visible difference
PATIENCE_MILLISECONDS = 120_000
SETTLE_MILLISECONDS = 1500  # Gradio keeps a connection open, so the network is never idle
HEADLINE = "The striker scored twice as the home side won the cup."


def predict(page: Page) -> None:
    """Classify a headline on the tab Predict."""
    page.get_by_label("Text to classify").fill(HEADLINE)
    for _ in range(2):  # twice, because the first answer is slower than later ones
        page.get_by_role("button", name="Classify", exact=True).click()
        page.wait_for_function("/Same answer|disagree/.test(document.querySelector('#verdict')?.innerText)")
        page.wait_for_timeout(SETTLE_MILLISECONDS)


def decide(page: Page) -> None:
    """Open the tab Decide, with the published decision."""
    page.get_by_role("tab", name="Decide", exact=True).click()
    page.locator("#decision-result .headline").wait_for()


PICTURES: dict[str, Callable[[Page], None]] = {"predict.png": predict, "decide.png": decide}


def take(page: Page, path: Path) -> None:
    """Save what the page shows as a small PNG."""
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    page.screenshot(path=path, animations="disabled")
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLORS).save(path, optimize=True)


def main() -> int:
    """Serve the demo pair and take every picture."""
    missing = [name for name in ("pytorch", "tensorflow") if not (PAIR / name / "training.json").exists()]
    if missing or CHROMIUM is None:
        lacks = f"{PAIR.relative_to(ROOT)}/{missing[0]}: run `make demo` once" if missing else "Chromium: install it"
        print(f"The screenshots need {lacks}.", file=sys.stderr)
        return 1
    with running([]) as server, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS).new_page(viewport=SIZE)
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.goto(server.url)
        page.wait_for_function("document.querySelector('#status')?.innerText.includes('Both models are ready')")
        for name, show in PICTURES.items():
            show(page)
            take(page, DOCS / name)
            print(f"docs/{name}: {(DOCS / name).stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
