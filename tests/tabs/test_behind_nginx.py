"""Test the page in a real browser behind a real nginx, over plain HTTP on another port."""

from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright import sync_api as playwright

from service.guard.access import Access
from service.operate.settings import Settings
from tests.support.chromium import CHROMIUM, FLAGS
from tests.support.marks import needs_chromium, needs_nginx
from tests.support.nginx import BARE, DOCUMENTED, NO_PORT, nginx
from tests.tabs.test_served_page import launched

LOGIN = ("anna", "password")
NAMED = "bakeoff.example"  # plain HTTP to a name: the browser sends no Sec-Fetch-Site there, as it does to loopback
# How every proxy of a chain handles `Host`, from the outermost one inwards.
PROXIES = {"documented": [DOCUMENTED], "no-port": [NO_PORT], "bare": [BARE], "two": [DOCUMENTED, BARE]}

pytestmark = [
    pytest.mark.slow,
    needs_chromium,
    needs_nginx,
]


@pytest.fixture(scope="module")
def browser():
    rules = f"--host-resolver-rules=MAP {NAMED} 127.0.0.1, MAP evil.example 127.0.0.1"
    with playwright.sync_playwright() as running:
        yield running.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, rules])


@pytest.fixture(scope="module", params=["", "/bakeoff"], ids=["root", "prefix"])
def served(request):
    """Serve the page with a login. Yield the server and the prefix of its path."""
    access = Access(LOGIN)
    settings = Settings(access, root=request.param)
    with launched(settings, auth=access.check_login, root_path=request.param) as server:
        yield server, request.param


@pytest.fixture(scope="module", params=PROXIES)
def address(request, served, tmp_path_factory):
    """Return the address of the page for a visitor."""
    server, prefix = served
    folder = tmp_path_factory.mktemp("nginx")
    with ExitStack() as stack:
        upstream = server.port
        for number, lines in enumerate(reversed(PROXIES[request.param])):  # the outermost one removes the prefix
            outermost = number == len(PROXIES[request.param]) - 1
            front = nginx(folder / str(number), upstream, lines, prefix if outermost else "")
            upstream = stack.enter_context(front).port
        yield f"http://{NAMED}:{upstream}{prefix}/"
    server.service.logins._clients.clear()


@pytest.fixture(scope="module")
def page(browser, address):
    """Log in to the page, once for all tests of an address.

    At the end, check that no outside host was called and no request was refused.
    """
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    outside, refused, errors = [], [], []
    inside = (address, "data:", "blob:")
    page.on("request", lambda sent: None if f"{sent.url}/".startswith(inside) else outside.append(sent.url))
    page.on("response", lambda got: refused.append((got.status, got.url)) if got.status >= 400 else None)
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(address.rstrip("/"))
    page.get_by_label("username").fill(LOGIN[0])
    page.get_by_label("password").fill(LOGIN[1])
    page.get_by_role("button", name="Login").click()
    page.get_by_label("Text to classify").wait_for()
    assert page.url.startswith(address)
    yield page
    outside = [url for url in outside if urlsplit(url).path != "/manifest.json"]  # Gradio's page links it there
    assert (outside, refused, errors) == ([], [], [])
    context.close()


def downloaded(page, selector):
    """Return the content of a button's download, once the button is enabled."""
    page.wait_for_function(f"!document.querySelector('{selector}').disabled")
    with page.expect_download() as download:
        page.locator(selector).click()
    return download.value.path().read_text(encoding="utf-8")


def test_every_click_works(page, tmp_path):
    page.get_by_label("Text to classify").fill("tech of tech")
    page.get_by_role("button", name="Classify", exact=True).click()
    page.wait_for_function("/Same answer/.test(document.querySelector('#verdict')?.innerText)")
    texts = tmp_path / "texts.csv"
    texts.write_text("text\ntech\nsport\n", encoding="utf-8")
    page.get_by_role("tab", name="A file").click()
    page.locator("#file input[type=file]").set_input_files(texts)
    page.get_by_text(" B", exact=False).first.wait_for()
    page.get_by_role("button", name="Classify the file").click()
    page.locator("#batch-summary", has_text="2 texts").wait_for()
    assert "sport" in downloaded(page, "#download")
    page.get_by_role("tab", name="Explain", exact=True).click()
    page.get_by_label("Text to explain").fill("tech and other words")
    page.get_by_role("button", name="Explain", exact=True).click()
    page.locator("#explain-texts .words mark").first.wait_for()
    assert "tech" in downloaded(page, "#explain-csv")
    page.get_by_role("tab", name="Decide", exact=True).click()
    page.locator("#decision-result .decision").first.wait_for()
    with page.expect_download() as bundle:
        page.locator("#decision-make").click()
    assert bundle.value.path().stat().st_size > 1000


def test_another_website_s_form_is_refused(page, address, tmp_path):
    """The browser has the page's cookies. It sends none of them for another site, not even over plain HTTP."""
    asked = f"{address}gradio_api/queue/join"
    form = f"<form method=post enctype=text/plain action={asked}><button>go</button></form>"
    with nginx(tmp_path / "evil", 9, ("default_type text/html", f"return 200 '{form}'")) as evil:
        other = page.context.new_page()
        other.goto(f"http://evil.example:{evil.port}/")
        with other.expect_response(asked) as response:
            other.get_by_role("button").click()
        assert response.value.status == 403
        assert response.value.json()["error"]["code"] == "forbidden"
