"""Test the real app in a real browser, on real models that it pulled from a Hub over HTTP."""

import csv
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright import sync_api as playwright

from bakeoff.common.json_report import identify
from benchmarks.decide.__main__ import moved, unfold_sliders
from eval.report import catalog, report
from tests.support import tiny
from tests.support.chromium import CHROMIUM, FLAGS
from tests.support.marks import needs_chromium
from tests.support.planted import WordCounter
from tests.tabs.test_served_page import launched

READY = "document.querySelector('#status')?.innerText.includes('Both models are ready')"
HOSTILE = '<img src=x onerror="window.hacked=1">'

pytestmark = [
    pytest.mark.slow,
    needs_chromium,
]


@pytest.fixture(scope="module")
def served(published_hub, tmp_path_factory):
    """Return the address of `python app.py` on the two published models, which may still be loading."""
    _, environment = published_hub
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    models = ["--pytorch-model", "alice/tiny-pytorch@v1", "--tensorflow-model", "alice/tiny-tensorflow"]
    log = tmp_path_factory.mktemp("served") / "log"  # a pipe would fill up
    with (
        log.open("w") as file,
        subprocess.Popen(
            [sys.executable, "app.py", *models, "--port", str(port)],
            cwd=tiny.ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=file,
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        tiny.wait_for(lambda: _answers(url), process)
        yield url
        process.terminate()
        process.wait(60)
    assert "Traceback" not in log.read_text()


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, TimeoutError):
        return False


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as running:
        yield running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["1280-light", "390-dark"])
def page(request, served, browser):
    """Open the page with both models. At the end, check that no script of a text ran and no outside host was called."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(90_000)
    outside, errors = [], []
    inside = (served, "data:", "blob:")
    page.on("request", lambda sent: None if sent.url.startswith(inside) else outside.append(sent.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(served)
    page.get_by_label("Text to classify").wait_for()
    page.wait_for_function(READY)
    yield page
    assert outside == []
    assert errors == []
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def open_tab(page, name):
    """Click a tab. On a narrow page the last tabs are in a menu."""
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.locator(".overflow-menu > button").first.click()
        tab = page.locator(".overflow-dropdown").get_by_text(name, exact=True)
    tab.click()


def test_a_person_compares_two_answers_by_mouse_and_by_keyboard(page):
    page.get_by_role("button", name="Is the era of free returns").or_(page.locator(".gallery-item").first).first.click()
    page.wait_for_function("document.querySelector('#text textarea').value.length > 20")
    page.get_by_role("button", name="Classify", exact=True).click()
    page.wait_for_function("/Same answer|disagree/.test(document.querySelector('#verdict')?.innerText)")
    for framework in ("pytorch", "tensorflow"):
        bars = page.locator(f"#answer-{framework}")
        for label in ("business", "entertainment", "politics", "sport", "tech"):
            assert bars.get_by_text(label).count() >= 1
        assert "ms" in page.locator(f"#time-{framework}").inner_text()
    box = page.get_by_label("Text to classify")
    box.fill(f"{HOSTILE} the striker scored twice")
    box.press("Shift+Enter")
    page.get_by_role("button", name="History of this session").click()
    page.get_by_text("onerror").first.wait_for()


def test_an_empty_text_gets_a_sentence(page):
    page.get_by_role("button", name="Classify", exact=True).click()
    page.get_by_text("The text is empty").first.wait_for()


def test_a_file_is_classified_filtered_and_downloaded(page, tmp_path):
    rows = [["text", "label"], [f"=1+1 {HOSTILE}", "sport"], *[[f"news item {n}", "tech"] for n in range(70)]]
    path = tmp_path / "<img src=x onerror=window.hacked=1>.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    page.get_by_role("tab", name="A file").click()
    page.locator("#file input[type=file]").set_input_files(path)
    page.get_by_text("KB").or_(page.get_by_text(" B")).first.wait_for()
    page.get_by_role("button", name="Classify the file").click()
    page.locator("#batch-summary", has_text="71 texts").wait_for()
    page.get_by_text("onerror").first.wait_for()
    button = page.locator("#download")
    page.wait_for_function("!document.querySelector('#download').disabled")
    with page.expect_download() as download:
        button.click()
    with Path(download.value.path()).open(newline="", encoding="utf-8") as file:
        saved = list(csv.DictReader(file))
    assert len(saved) == 71
    assert saved[0]["text"] == f"'=1+1 {HOSTILE}"
    differing = sum(row["same"] == "no" for row in saved)
    page.get_by_label("Show only the rows on which they disagree").check()
    page.wait_for_function(
        "count => document.querySelectorAll('#table tbody tr').length <= Math.max(count, 1)", arg=differing
    )


def test_the_models_their_curves_and_their_parity_are_shown(page, published_hub):
    server, _ = published_hub
    open_tab(page, "Models")
    revision = server.repos["model", "alice/tiny-tensorflow"].branches["main"]
    page.get_by_text(revision[:12]).first.wait_for()
    page.locator("#curves svg, #curves canvas").first.wait_for()
    page.get_by_role("button", name="Check parity").click()
    page.get_by_text("holds").nth(5).wait_for()
    assert page.get_by_text("BROKEN").count() == 0


def labelled_file(path):
    """Write a corpus of the five classes with hostile texts."""
    classes = ("business", "entertainment", "politics", "sport", "tech")
    rows = [("text", "label"), *[(f"{HOSTILE} news item {n}", classes[n % 5]) for n in range(40)]]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_published_report_is_read_and_downloaded(page, tmp_path):
    open_tab(page, "Evaluate")
    verdict = page.locator("#evaluation-verdict")
    page.wait_for_function("/^Verdict/.test(document.querySelector('#evaluation-verdict')?.innerText)")
    assert "cannot tell with 300 texts" in verdict.inner_text()
    about = page.locator("#evaluation-about").inner_text()
    assert "is about other model revisions" in about
    assert "row numbers of its test split are shown" in about
    page.locator('#confusion-tensorflow [data-testid="cell-2-1"]').click()
    page.get_by_text("label politics, TensorFlow says business: ").wait_for()
    page.wait_for_function("!document.querySelector('#download-html').disabled")
    for name, suffix in (("html", ".html"), ("csv", ".csv"), ("json", ".json")):
        with page.expect_download() as download:
            page.locator(f"#download-{name}").click()
        assert download.value.suggested_filename.endswith(suffix)
        download.value.save_as(tmp_path / f"report{suffix}")
    offline = page.context.browser.new_context(offline=True).new_page()
    requests = []
    offline.on("request", lambda sent: requests.append(sent.url))
    offline.goto((tmp_path / "report.html").as_uri())
    assert offline.locator(".verdict").first.inner_text().startswith("Verdict: cannot tell with 300 texts")
    assert offline.locator("svg").count() == 3
    assert len(requests) == 1
    offline.context.close()
    # The downloaded file can be opened again.
    page.get_by_role("button", name="Evaluate both models on your own file").click()
    page.locator("#report-file input[type=file]").set_input_files(tmp_path / "report.json")
    page.wait_for_function("/^Done/.test(document.querySelector('#evaluation-status')?.innerText)")


def test_a_labelled_file_is_evaluated_and_a_text_of_it_opened(page, tmp_path):
    open_tab(page, "Evaluate")
    page.get_by_role("button", name="Evaluate both models on your own file").click()
    path = labelled_file(tmp_path / "<img src=x onerror=window.hacked=1>.csv")
    page.locator("#labelled-file input[type=file]").set_input_files(path)
    page.locator("#labelled-file").get_by_text("KB").or_(page.get_by_text(" B")).first.wait_for()
    page.get_by_role("button", name="Evaluate the file").click()
    page.locator("#evaluation-about", has_text="40 texts of the corpus").wait_for()
    assert "is about other" not in page.locator("#evaluation-about").inner_text()
    page.locator('#confusion-pytorch [data-testid="cell-0-0"]').click()
    page.get_by_text("label business: 8 texts.").wait_for()
    page.locator('#evaluation-texts [data-testid="cell-0-5"]').click()
    page.wait_for_function("document.querySelector('#whole-text textarea')?.value.includes('news item')")
    page.get_by_role("button", name="Explain this text").click()
    page.wait_for_function("document.querySelector('#explain-text textarea')?.value.includes('news item')")
    page.locator("#explain-texts", has_text="news").wait_for()
    open_tab(page, "Evaluate")
    assert page.get_by_text("The text is empty").count() == 0
    page.locator('#evaluation-texts [data-testid="cell-1-1"]').click()
    page.wait_for_function("!document.querySelector('#explain-text textarea').value.includes('news item 0')")
    page.get_by_label("Text to explain").wait_for(state="visible")


@pytest.mark.parametrize("page", [(1280, "light")], ids=["1280-light"], indirect=True)
def test_a_hostile_report_stays_text(page, tmp_path):
    made = report.read(next(iter(catalog.published().values())))
    names = {label: f"{HOSTILE} **{label}** [x](javascript:hacked)" for label in made["labels"]}
    made["labels"] = list(names.values())
    made["comparison"]["headline"] = made["slices"]["note"] = made["corpus"]["name"] = HOSTILE
    for part in made["slices"]["slices"]:
        part["name"] = names.get(part["name"], part["name"])
    made["id"] = identify(made)
    report.write(tmp_path / "report.json", made)
    open_tab(page, "Evaluate")
    page.get_by_role("button", name="Evaluate both models on your own file").click()
    page.locator("#report-file input[type=file]").set_input_files(tmp_path / "report.json")
    page.locator("#evaluation-verdict", has_text="onerror").wait_for()
    page.locator('#confusion-pytorch [data-testid="cell-0-1"]').click()
    page.wait_for_function("/onerror.*says.*onerror/.test(document.querySelector('#texts-title')?.innerText)")
    page.locator('#evaluation-texts [data-testid="cell-0-1"]').click()
    page.locator("#text-said", has_text="onerror").wait_for()
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("page", [(1280, "light")], ids=["1280-light"], indirect=True)
def test_what_is_no_report_gets_a_sentence(page, tmp_path):
    (tmp_path / "report.json").write_text('{"schema": 1}', encoding="utf-8")
    open_tab(page, "Evaluate")
    page.get_by_role("button", name="Evaluate both models on your own file").click()
    page.locator("#report-file input[type=file]").set_input_files(tmp_path / "report.json")
    page.get_by_text("is not a report of").first.wait_for()


def test_a_text_is_explained_stopped_downloaded_and_its_disagreement_shown(page, tmp_path):
    open_tab(page, "Explain")
    box = page.get_by_label("Text to explain")
    box.fill(f"{HOSTILE} ${{window.hacked=1}} {' '.join(f'the striker scored goal{n}' for n in range(100))}")
    page.get_by_role("button", name="Options").click()
    page.get_by_label("As stock LIME").check()  # drawing all samples leaves time to stop it
    samples = page.get_by_role("spinbutton", name="Samples at most")
    samples.fill("2000")
    samples.press("Tab")
    page.get_by_role("button", name="Explain", exact=True).click()
    texts = page.locator("#explain-texts .words")
    texts.nth(1).locator("mark").first.wait_for()
    assert page.locator("#explain-texts .badge").count() == 2
    assert texts.nth(0).inner_text() == texts.nth(1).inner_text()
    page.locator("#explain-stop").click()
    page.get_by_text("the results so far are kept").wait_for()
    page.wait_for_function("!document.querySelector('#explain-html').disabled")
    page.get_by_role("button", name="Explain the disagreement").click()
    page.get_by_text("The words that most push the two models apart").wait_for()
    page.get_by_text("onerror").first.wait_for()
    page.wait_for_function("!document.querySelector('#explain-html').disabled")
    with page.expect_download() as table:
        page.locator("#explain-csv").click()
    with Path(table.value.path()).open(newline="", encoding="utf-8") as file:
        assert {"word", "PyTorch", "TensorFlow", "difference"} <= set(csv.DictReader(file).fieldnames)
    with page.expect_download() as report:
        page.locator("#explain-html").click()
    report.value.save_as(tmp_path / "explanation.html")
    _opens_dead(page, tmp_path / "explanation.html")


def _opens_dead(page, path):
    """Check that the file shows its texts, runs no script, sends no requests and fits the window."""
    opened = page.context.new_page()
    asked = []
    opened.on("request", lambda sent: asked.append(sent.url))
    opened.goto(path.as_uri())
    assert opened.locator(".words mark").count() > 10
    assert opened.evaluate("window.hacked") is None
    assert asked == [path.as_uri()]
    assert opened.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    opened.close()


def test_an_example_is_explained_to_the_end_with_its_curves(page):
    page.get_by_label("Text to classify").fill("the striker scored twice")
    page.get_by_role("button", name="Explain this text").click()
    page.get_by_text("Done: ").wait_for()
    page.locator("#explain-curves polyline").nth(3).wait_for(state="attached")
    page.get_by_text("rank correlation of the weights").wait_for()
    page.get_by_role("button", name="PyTorch's answer").click()
    page.wait_for_function("document.querySelectorAll('#explain-texts h3').length === 2")
    assert len(set(page.locator("#explain-texts h3").all_inner_texts())) == 2


class TestDecide:
    """Tests of the tab Decide on the published decision."""

    def test_weights_are_set_shared_saved_and_loaded_and_the_bundle_opens_dead(self, page, served, tmp_path):
        open_tab(page, "Decide")
        headline = page.locator("#decision-result .headline")
        headline.wait_for()
        assert "real-time API" in headline.inner_text()
        assert "about other models than the loaded ones" in page.locator("#decision-result").inner_text()
        assert page.locator("#decision-result .stale").count() == 0, "which is no alarm"
        page.locator("#decision-matrix td").first.wait_for(state="attached")
        self._move_a_slider(page)
        link = page.locator("#decision-link").get_attribute("href")
        assert "accuracy.2" in link
        with page.expect_download() as saved:
            page.locator("#decision-save").click()
        saved.value.save_as(tmp_path / "weights.json")
        with page.expect_download() as bundle:
            page.locator("#decision-make").click()
        bundle.value.save_as(tmp_path / "bundle.zip")
        page.get_by_label("edge device").click()
        page.locator("#decision-result", has_text="edge device").wait_for()
        assert not page.locator("#decision-bundle").is_visible(), "the button that makes it is enough"
        with page.expect_file_chooser() as chooser:
            page.locator("#decision-load").click()
        chooser.value.set_files(tmp_path / "weights.json")
        page.locator("#decision-result", has_text="your own").wait_for()
        assert page.locator("#weight-accuracy input[type=number]").input_value() == "2"
        self._opens_dead(page, tmp_path)
        page.goto(f"{served}/{link}")
        headline.wait_for()  # the link opens this tab
        assert "your own" in headline.inner_text()
        page.get_by_text("Weights and opinions: what matters to you").click()
        assert page.locator("#weight-accuracy input[type=number]").input_value() == "2"
        page.goto(f"{served}/?decide={quote(HOSTILE)}.1")
        page.locator("#decision-alert", has_text="expected one of").wait_for()

    def test_a_move_is_timed_until_the_recommendation_has_changed(self, page):
        open_tab(page, "Decide")
        page.route("**/gradio_api/**", lambda route: (time.sleep(0.3), route.continue_()))
        assert all(0.3 < changed < drawn < 20 for changed, drawn in moved(page, 2))
        assert "your own" in page.locator("#decision-result .headline").inner_text()

    def _move_a_slider(self, page):
        unfold_sliders(page)
        slider = page.locator("#weight-accuracy input[type=range]")
        slider.fill("2")
        page.locator("#decision-result", has_text="your own").wait_for()
        assert page.get_by_label("your own weights").is_checked()

    def _opens_dead(self, page, folder):
        with zipfile.ZipFile(folder / "bundle.zip") as archive:
            archive.extractall(folder)
        offline = page.context.browser.new_context(offline=True).new_page()
        requests = []
        offline.on("request", lambda sent: requests.append(sent.url))
        offline.goto((folder / "decision.html").as_uri())
        assert "your own" in offline.locator(".headline").first.inner_text()
        assert "about other models than the loaded ones" in offline.locator("body").inner_text()
        assert len(requests) == 1
        assert offline.evaluate("document.documentElement.scrollWidth") <= offline.viewport_size["width"]
        offline.context.close()


def test_what_is_injected_into_the_page_does_not_run(served, browser):
    """Check the second defense: if a text were shown as HTML, the content security policy would block its scripts."""
    page = browser.new_page()
    refused = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(served)
    page.get_by_label("Text to classify").wait_for()
    page.evaluate(
        """() => {
            const place = document.createElement('div');
            place.innerHTML = '<img src=x onerror="window.injected=1"><a href="javascript:window.injected=2">a</a>';
            const script = document.createElement('script');
            script.textContent = 'window.injected=3';
            place.append(script);
            document.body.append(place);
            place.querySelector('a').click();
        }"""
    )
    page.wait_for_timeout(500)
    assert page.evaluate("window.injected") is None
    assert len(refused) == 3
    page.close()


def test_a_model_s_class_names_stay_text(browser):
    models = [WordCounter(name, (HOSTILE, "tech")) for name in ("PyTorch", "TensorFlow")]
    with launched(models=models) as server:
        page = browser.new_page()
        page.goto(server.url)
        page.get_by_label("Text to classify").fill("nothing of either")
        page.get_by_role("button", name="Classify", exact=True).click()
        page.wait_for_function("/Same answer.*onerror/.test(document.querySelector('#verdict')?.innerText)")
        page.locator("#answer-pytorch").get_by_text("onerror").first.wait_for()
        open_tab(page, "Explain")
        page.get_by_label("Text to explain").fill("nothing of either, but tech")
        page.get_by_role("button", name="Explain", exact=True).click()
        page.locator("#explain-texts .words mark").first.wait_for()
        assert page.evaluate("window.hacked") is None
        assert page.locator("img[src=x]").count() == 0
        page.close()


@pytest.mark.parametrize("page", [(390, "dark")], ids=["390-dark"], indirect=True)
def test_the_api_is_documented_beside_the_page(page, served):
    page.goto(f"{served}/api/docs")
    page.get_by_role("heading", name="/api/v1/predict", exact=False).first.wait_for()
    assert page.locator("script").count() == 0
