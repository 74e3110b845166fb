"""Test that every route requires the same login below a root path, however its path is written, behind nginx too."""

import base64
import http.client
import re
from contextlib import contextmanager

import pytest
from fastapi.routing import iter_route_contexts
from gradio_client import Client, handle_file

from bakeoff.common.errors import BakeoffError
from service.api.routes import create_api
from service.guard import paths
from service.guard.access import Access
from service.middleware.headers import PagePolicy
from service.operate.addresses import prefix_of, root_path
from service.operate.settings import Settings
from tests.support.marks import needs_nginx
from tests.support.nginx import BARE, DOCUMENTED, NO_PORT, nginx
from tests.support.serving import serving
from tests.support.tiny import ROOT
from tests.tabs.test_served_page import launched, upload

LOGIN, TOKEN = ("anna", "password"), "0123456789abcdef0123"
ACCESS = Access(LOGIN, (TOKEN,))
WORD, BASIC = f"Bearer {TOKEN}", f"Basic {base64.b64encode(':'.join(LOGIN).encode()).decode()}"


def settings(root, access=ACCESS):
    return Settings(access, root=root_path(root))


@contextmanager
def page(root, access=ACCESS, **more):
    """Return the app of page and API, with a login."""
    login = {"auth": access.check_login} if access.required else {}
    with launched(settings(root, access), root_path=root_path(root), **login, **more) as server:
        yield server


@contextmanager
def api(root, access=ACCESS):
    """Return the app of the API alone."""
    with serving(settings=settings(root, access)) as server:
        yield server


def status(server, method, path, **headers):
    """Return an answer's status without its body, because some answers never end."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        body = None if method in paths.READS else b"{}"
        connection.request(method, path, body, {"Content-Type": "application/json"} | headers)
        return connection.getresponse().status
    finally:
        connection.close()
        if server.service:
            server.service.logins.succeeded("127.0.0.1")


def table(app):
    """Return each method and path of an app's routes, with values for the parameters."""
    for route in iter_route_contexts(app.routes):
        path = re.sub(r"\{\w+(:path)?\}", "x", route.path)
        yield from ((method, path) for method in getattr(route, "methods", None) or ("GET", "POST"))


# Paths that reach the same route: stripped by a proxy, not stripped, or written differently.
SAME = ("{}", "/bakeoff{}", "/b%61keoff{}")
OTHER = ("/bakeoff/bakeoff{}", "/bakeoff/{}", "/bakeoff/..{}", "/bakeoff%2F{}", "/BAKEOFF{}", "/bakeoffs{}")


@pytest.fixture(scope="module")
def below():
    """Return the app of page and API below /bakeoff."""
    with page("/bakeoff") as server:
        yield server


@pytest.fixture(scope="module")
def api_below():
    """Return the app of the API alone below /bakeoff."""
    with api("/bakeoff") as server:
        yield server


@pytest.fixture(scope="module")
def routes():
    """Return every route of page and API, with its answer to a stranger without a root path."""
    with page("") as server:
        every = {*table(create_api(server.service)), *table(server.app)}
        assert len(every) > 90
        return {each: status(server, *each) for each in sorted(every) if each[1].rstrip("/") != "/login"}  # it counts


@pytest.fixture(scope="module")
def api_routes(routes):
    """Return every route of the API alone, with its answer to a stranger."""
    with api("") as server:
        return {(method, path): status(server, method, path) for method, path in routes if paths.is_api(path)}


def test_what_is_open_to_strangers_is_known(routes):
    """A route that a newer Gradio adds fails this test, so that somebody reviews it."""
    open_ = {path.rstrip("/") for (_, path), answered in routes.items() if answered < 400}
    gradio = {"startup-events", "heartbeat/x", "runs", "theme.css", "user"}
    files = {"", "/favicon.ico", "/manifest.json", "/robots.txt", "/theme.css", "/logout"}
    assert open_ == {*paths.PUBLIC, *files, *(f"{paths.GRADIO}/{name}" for name in gradio)}


@pytest.mark.parametrize("address", SAME)
def test_every_route_asks_below_a_root_path_for_what_it_asks_without_one(below, api_below, routes, api_routes, address):
    for server, known in ((below, routes), (api_below, api_routes)):
        found = {(method, path): status(server, method, address.format(path)) for method, path in known}
        assert found == known


@pytest.mark.parametrize("address", OTHER)
def test_no_other_way_of_writing_an_address_opens_a_route(below, api_below, routes, api_routes, address):
    for server, known in ((below, routes), (api_below, api_routes)):
        asked = {each: status(server, each[0], address.format(each[1])) for each in known if known[each] >= 400}
        opened = {each: answered for each, answered in asked.items() if answered < 400 and answered != 307}
        assert not opened


def test_a_whole_address_as_root_path_guards_the_same(routes):
    with page("https://a.example/bakeoff/") as server:
        assert {each: status(server, each[0], f"/bakeoff{each[1]}") for each in routes} == routes


@needs_nginx
@pytest.mark.parametrize("strip", [True, False], ids=["strips", "keeps"])
def test_behind_nginx_too(below, api_below, routes, api_routes, tmp_path, strip):
    for server, known in ((below, routes), (api_below, api_routes)):
        with nginx(tmp_path / str(server.port), server.port, prefix="/bakeoff", strip=strip) as front:
            found = {each: status(front, each[0], f"/bakeoff{each[1]}") for each in known}
            assert found == known
            assert front.get("/bakeoff/api/v1/models", Authorization=WORD).status == 200
            assert front.get("/bakeoff/metrics", Authorization=BASIC).status == 200


@pytest.mark.parametrize("prefix", ["", "/bakeoff"])
def test_logins_are_slowed_below_a_root_path(below, prefix):
    body, kind = b"username=anna&password=wrong", "application/x-www-form-urlencoded"
    tried = [below.post(f"{prefix}/login", body, Content_Type=kind).status for _ in range(6)]
    below.service.logins.succeeded("127.0.0.1")
    assert tried[:3] == [400, 400, 400] and set(tried[3:]) <= {400, 429} and 429 in tried


def test_what_else_looks_at_the_path_looks_at_the_routed_one(tmp_path):
    """This holds for origins, uploads, bodies, policies, errors and metrics."""
    with page("/bakeoff", Access()) as server:
        for path in ("/bakeoff/gradio_api/queue/join", "/bakeoff/login", "/bakeoff/api/v1/predict"):
            assert server.post(path, {}, Origin="https://evil.example").error["code"] == "forbidden"
        assert server.get("/bakeoff/logout", Sec_Fetch_Site="cross-site").status == 403
        assert server.post("/bakeoff/gradio_api/queue/join", b"[" * 90_000).error["code"] == "malformed_json"
        assert server.post("/bakeoff/gradio_api/queue/join", {"data": "x"}).error["remedy"]  # not in Gradio's words
        answer = upload(
            server, b"<script>1</script>" + b"x" * 2_000_000, "a.html", "/bakeoff"
        )  # more than other bodies
        assert answer.status == 200
        file = server.get(f"/bakeoff/gradio_api/file={answer.json()[0]}")
        assert "script-src" not in file.headers["content-security-policy"]
        assert "'sha256-" in server.get("/bakeoff/").headers["content-security-policy"]
        assert server.post("/bakeoff/api/v1/predict", {"text": "tech"}).status == 200
        assert 'route="/api/v1/predict",status="200"' in server.get("/bakeoff/metrics").body.decode().replace(
            'method="POST",', ""
        )


def test_nothing_but_paths_py_looks_at_the_path_itself():
    """Each module would have to remove the root path, and one would be forgotten."""
    for file in (*(ROOT / "tabs/page").glob("*.py"), *(ROOT / "service").rglob("*.py")):
        if file.name != "paths.py":
            found = re.search(r"""scope(\[|\.get\()["'](raw_)?path["']|request\.url\b""", file.read_text("utf-8"))
            assert found is None, (file.name, found)


def test_a_guard_that_does_not_come_up_lets_nobody_in(monkeypatch):
    """Uvicorn serves an application that fails in `lifespan` as if it did not support lifespan."""
    passed = PagePolicy.__call__

    async def broken(self, scope, receive, send):
        scope["type"] == "lifespan" and scope["path"]  # like a middleware that forgets that this scope has no path
        await passed(self, scope, receive, send)

    monkeypatch.setattr(PagePolicy, "__call__", broken)
    with pytest.raises(Exception, match="code 500"), page("", Access()):
        pass


@pytest.mark.parametrize("make", [page, api])
@pytest.mark.parametrize(
    ("root", "prefix"), [("", ""), ("/bakeoff/", "/bakeoff"), ("https://a.example/x/bakeoff", "/x/bakeoff")]
)
def test_redirects_and_documents_lead_below_the_prefix(make, root, prefix):
    with make(root, Access()) as server:
        for asked in ("/api", f"{prefix}/api"):
            location = server.get(asked, Host="evil.example").headers["location"]
            assert location == "api/docs"  # seen from /bakeoff/api
        document = server.get(f"{prefix}/api/openapi.json").json()
        assert document.get("servers") == ([{"url": root.rstrip("/")}] if root else None)
        docs = server.get(f"{prefix}/api/docs", Host="a.example:81").body.decode()
        base = root if "://" in root else f"http://a.example:81{prefix}"
        assert f"curl {base}/api/v1/predict" in docs and 'href="openapi.json"' in docs
        if make is page:
            logout = server.get(f"{prefix}/logout", Host="evil.example").headers["location"]
            assert logout in (prefix, f"{prefix}/")
            for path in (f"{prefix}/gradio_api/queue/status/", "/gradio_api/queue/status/"):
                found = server.get(path, Host="evil.example")
                assert (found.status, found.headers["location"]) == (307, f"{prefix}/gradio_api/queue/status")
            assert f'"root":"{root.rstrip("/") or "/."}"' in server.get(f"{prefix}/").body.decode()


@needs_nginx
@pytest.mark.parametrize("lines", [DOCUMENTED, BARE, NO_PORT], ids=["documented", "bare", "no-port"])
@pytest.mark.parametrize("strip", [True, False], ids=["strips", "keeps"])
def test_programs_work_below_a_prefix_behind_nginx(tmp_path, lines, strip):
    with page("/bakeoff", Access()) as server, nginx(tmp_path / "n", server.port, lines, "/bakeoff", strip) as front:
        client = Client(f"{front.url}/bakeoff/", verbose=False)
        assert client.predict("tech", api_name="/predict")["agree"]
        file = tmp_path / "texts.csv"
        file.write_text("text\ntech\n" + "\n" * 900_000, encoding="utf-8")  # nginx keeps it in a file of its own
        assert client.predict(handle_file(file), "", False, api_name="/predict_file")[0].startswith("1 text")
        redirected = front.get("/bakeoff/gradio_api/queue/status/").headers["location"]
        assert redirected == "/bakeoff/gradio_api/queue/status"


def test_the_documented_lines_are_the_tested_ones():
    documented = (ROOT / "docs" / "proxy.md").read_text(encoding="utf-8")
    assert [line for line in DOCUMENTED if f"        {line};\n" not in documented] == []


@pytest.mark.parametrize(
    ("text", "root", "prefix"),
    [
        ("", "", ""),
        (" / ", "", ""),
        ("/bakeoff", "/bakeoff", "/bakeoff"),
        ("/a/b//", "/a/b", "/a/b"),
        ("https://a.example:8443/b/", "https://a.example:8443/b", "/b"),
        ("http://[::1]:80", "http://[::1]:80", ""),
    ],
)
def test_a_root_path_is_a_path_or_an_address(text, root, prefix):
    assert root_path(text) == root
    assert prefix_of(root) == prefix


@pytest.mark.parametrize("text", ["bakeoff", "/a//b", "/a b", "/a?b", "//evil.example", "/ä", "/%2f", "ftp://a/b", "*"])
def test_what_is_no_root_path_is_told(text):
    with pytest.raises(BakeoffError, match="GRADIO_ROOT_PATH"):
        root_path(text)
