"""Time the tab Decide in a real browser: from a slider's move until the recommendation has changed and is drawn.

python -m benchmarks.decide --models runs/demo/pytorch runs/demo/tensorflow --output decide.json

The server and the browser share the machine. Chromium is required.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from tqdm import tqdm

from bakeoff.common.errors import BakeoffError, one_sentence_errors
from bakeoff.common.files import write_json
from benchmarks.load.server import quantiles, running
from eval.measure import machine
from tests.support.chromium import CHROMIUM, FLAGS

SLIDERS = ("accuracy", "latency", "throughput", "serving_memory", "deployability")
WARM_UP = 3  # moves that are not counted
LIMIT = 20.0  # seconds after which a move counts as without effect
UNFOLD = 2.0  # seconds to wait, because Gradio sets sliders again after they are unfolded and undoes an earlier move
# Returns the seconds until the recommendation changes, and until the frame that shows it is drawn. The first animation
# callback comes before a frame is drawn, and the second comes after.
MOVE = """([key, value, limit]) => new Promise((done, fail) => {
    const slider = document.querySelector(`#weight-${key} input[type=range]`);
    const said = () => document.querySelector("#decision-result .headline")?.textContent;
    const before = said(), result = document.querySelector("#decision-result");
    const given_up = () => {
        const alert = document.querySelector("#decision-alert")?.innerText;
        fail(new Error(`${key} at ${slider.value} changed nothing; the page says "${alert}" and "${said()}"`));
    };
    const timer = setTimeout(given_up, 1000 * limit);
    const seen = new MutationObserver(() => {
        if (!said() || said() === before) return;
        seen.disconnect();
        clearTimeout(timer);
        const changed = performance.now() - began;
        const drawn = () => done([changed / 1000, (performance.now() - began) / 1000]);
        requestAnimationFrame(() => requestAnimationFrame(drawn));
    });
    seen.observe(result, {childList: true, subtree: true, characterData: true});
    const began = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
})"""


def unfold_sliders(page: Page) -> None:
    """Show the sliders on the open tab, and wait until they stay where they are put."""
    page.get_by_text("Weights and opinions: what matters to you").click()
    page.locator(f"#weight-{SLIDERS[0]} input[type=range]").wait_for()
    page.wait_for_timeout(1000 * UNFOLD)


def moved(page: Page, moves: int) -> list[tuple[float, float]]:
    """Move the sliders of the open tab one after another, up and down; return the seconds until changed and drawn."""
    page.locator("#decision-result .headline").wait_for()
    unfold_sliders(page)
    times = []
    for number in tqdm(range(WARM_UP + moves), desc="moves", disable=None):
        key, up = SLIDERS[number % len(SLIDERS)], number // len(SLIDERS) % 2 == 0
        times.append(tuple(page.evaluate(MOVE, [key, "9" if up else "0.5", LIMIT])))
    return times[WARM_UP:]


def measure(models: Sequence[str], moves: int) -> dict[str, Any]:
    """Measure the figures.

    Raises:
        BakeoffError: There is no Chromium, or the app does not start.
    """
    if CHROMIUM is None:
        raise BakeoffError("Chromium was not found: install Debian's package `chromium`, or Google Chrome.")
    flags = ["--pytorch-model", models[0], "--tensorflow-model", models[1]]
    with running(flags) as server, sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(server.url)
        page.get_by_role("tab", name="Decide").click()
        times = moved(page, moves)
        browser.close()
    changed, drawn = zip(*times, strict=True)
    return {"changed_ms": quantiles(changed), "drawn_ms": quantiles(drawn)}


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.decide", description=__doc__.split("\n")[0])
    command.add_argument("--models", nargs=2, required=True, metavar=("PYTORCH", "TENSORFLOW"), help="folders")
    command.add_argument("--moves", type=int, default=50, help="(default: 50)")
    command.add_argument("--output", type=Path, default=Path("decide.json"), metavar="FILE")
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(given)
    command, computer = machine.public_command("python -m benchmarks.decide", given), machine.record()
    figures = measure(arguments.models, arguments.moves)
    write_json(arguments.output, {"command": command, "machine": computer, "figures": figures})
    Console().print(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
