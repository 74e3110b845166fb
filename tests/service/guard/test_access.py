"""Test who may use the server and how often: logins, tokens, failures, rates, websites, headers and logs."""

import base64
import json
import logging

import pytest
from starlette.datastructures import Headers

import app
from bakeoff.common.errors import BakeoffError
from bakeoff.common.limits import Limits
from service.guard import paths
from service.guard.access import Access
from service.guard.clients import FREE_FAILURES, MAX_CLIENTS, FailedLogins, RateLimit, address_of
from service.guard.origins import OWN_COOKIE, is_foreign
from service.middleware.headers import HEADERS, policy
from service.operate import json_log, options
from service.operate.settings import Settings
from tests.support.serving import serving, wait_for

LOGIN, TOKEN = ("anna", "pass:wörd"), "0123456789abcdef0123"
PREDICT = "/api/v1/predict"
SECRET = "a text that nobody else may read"


def basic(user, password):
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.fixture(scope="module")
def locked():
    settings = Settings(Access(LOGIN, ("another-token-of-ours", TOKEN)), origins=("https://good.example",))
    with serving(settings=settings) as server:
        yield server


@pytest.fixture(autouse=True)
def forgiven(request):
    """Forget failed logins, so that no test inherits another's."""
    if "locked" in request.fixturenames:
        request.getfixturevalue("locked").service.logins.succeeded("127.0.0.1")


@pytest.mark.parametrize(
    "given", [f"Bearer {TOKEN}", f"bearer {TOKEN}", "Bearer another-token-of-ours", basic(*LOGIN)], ids=range(4)
)
def test_a_token_or_the_page_s_login_opens_the_api(locked, given):
    assert locked.post(PREDICT, {"text": "sport"}, Authorization=given).status == 200


@pytest.mark.parametrize(
    "given",
    [
        None,
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        basic("anna", "wrong"),
        basic("other", LOGIN[1]),
        "Basic !!!",
        "Basic YQ==",
        "Digest x",
    ],
)
def test_nothing_else_does(locked, given):
    answer = locked.post(PREDICT, {"text": "sport"}, **({} if given is None else {"Authorization": given}))
    assert (answer.status, answer.error["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_every_route_but_the_load_balancer_s_asks_for_it(locked):
    document = locked.get("/api/openapi.json", Authorization=f"Bearer {TOKEN}").json()
    routes = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    routes += [("GET", "/api"), ("GET", "/api/docs"), ("GET", "/api/openapi.json"), ("GET", "/gradio_api/mcp/sse")]
    open_ = {path for method, path in routes if locked.ask(method, path).status != 401}
    assert open_ == set(paths.PUBLIC)
    assert document["security"] == [{"bearer": []}, {"basic": []}]


def test_an_open_server_asks_for_nothing():
    assert not Access().required
    assert not Access().check_login("", "")
    assert not Access().allows("Bearer ")


def test_failed_logins_are_slowed_and_others_are_not(locked, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(locked.service, "logins", FailedLogins(lambda: now[0]))
    for _ in range(FREE_FAILURES):
        assert locked.get("/api/v1/models", Authorization="Bearer wrong").status == 401
    for given in ("Bearer wrong", f"Bearer {TOKEN}"):  # a correct guess gets no hint either
        answer = locked.get("/api/v1/models", Authorization=given)
        assert (answer.status, answer.error["code"]) == (429, "login_slowed")
        assert int(answer.headers["retry-after"]) == 1
    assert locked.get("/health/ready").status == 200
    now[0] = 1.1
    assert locked.get("/api/v1/models", Authorization=f"Bearer {TOKEN}").status == 200
    assert locked.get("/api/v1/models", Authorization="Bearer wrong").status == 401  # a login resets the count


def test_waiting_doubles_up_to_a_minute_and_clients_are_forgotten():
    now = [0.0]
    logins = FailedLogins(lambda: now[0])
    waits = []
    for _ in range(12):
        logins.failed("a")
        waits.append(logins.wait("a"))
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert logins.wait("b") == 0
    now[0] = 1000.0
    logins.failed("a")
    assert logins.wait("a") == 0
    for _ in range(2000):
        logins.failed("a")
    assert logins.wait("a") == 60
    for number in range(MAX_CLIENTS + 5):
        logins.failed(f"client {number}")
    assert len(logins._clients) == MAX_CLIENTS


def test_a_rate_is_counted_by_client_and_minute():
    now = [30.0]
    rate = RateLimit(2, lambda: now[0])
    assert [rate.wait("a"), rate.wait("a"), rate.wait("a"), rate.wait("b")] == [0, 0, 30, 0]
    now[0] = 61.0
    assert rate.wait("a") == 0
    assert RateLimit(None).wait("a") == 0


def test_the_rate_limit_refuses_with_the_seconds_to_wait():
    with serving(settings=Settings(requests_per_minute=2)) as server:
        server.service.rate = RateLimit(2, lambda: 30.0)
        assert [server.post(PREDICT, {"text": "sport"}).status for _ in range(3)] == [200, 200, 429]
        answer = server.post(PREDICT, {"text": "sport"})
        assert answer.error["code"] == "rate_limited"
        assert answer.headers["retry-after"] == "30"
        assert server.get("/health/ready").status == server.get("/metrics").status == 200


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("10.1.2.3", 5), "10.1.2.3"),
        (("2001:db8::1:2:3:4", 5), "2001:db8::/64"),
        (("testclient" * 20, 5), ("testclient" * 20)[:64]),
        (None, "unknown"),
    ],
)
def test_an_ipv6_client_is_its_network(client, address):
    assert address_of({"client": client}) == address


def test_only_listed_websites_may_call_from_a_browser(locked):
    asks = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization,content-type"}
    good = locked.ask("OPTIONS", PREDICT, Origin="https://good.example", **asks)
    assert good.status == 200
    assert good.headers["access-control-allow-origin"] == "https://good.example"
    assert "access-control-allow-credentials" not in good.headers
    for origin in ("https://evil.example", "https://good.example.evil.example", "null", "http://good.example"):
        refused = locked.ask("OPTIONS", PREDICT, Origin=origin, **asks)
        assert refused.status == 400
        assert "access-control-allow-origin" not in refused.headers
        asked = locked.post(PREDICT, {"text": "sport"}, Origin=origin, Authorization=f"Bearer {TOKEN}")
        assert (asked.status, asked.error["code"]) == (403, "forbidden")
        assert "access-control-allow-origin" not in asked.headers
    asked = locked.post(PREDICT, {"text": "sport"}, Origin="https://good.example", Authorization=f"Bearer {TOKEN}")
    assert asked.status == 200


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://good.example"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://behind.a.proxy"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site", "origin": "https://sister.example"}, True),
        ({"origin": "https://Bakeoff.example:7860"}, False),
        ({"origin": "https://bakeoff.example"}, True),
        ({"origin": "https://bakeoff.example", "host": "bakeoff.example:443"}, False),
        ({"origin": "http://bakeoff.example:8080", "host": "bakeoff.example"}, False),  # nginx's $host
        ({"origin": "http://bakeoff.example:8080", "host": "bakeoff.example:8081", "cookie": OWN_COOKIE}, True),
        ({"origin": "http://bakeoff.example:8080", "host": "127.0.0.1:7860"}, True),  # nginx's default
        ({"origin": "http://bakeoff.example:8080", "host": "127.0.0.1:7860", "cookie": OWN_COOKIE}, False),
        ({"origin": "null", "host": "127.0.0.1:7860", "cookie": OWN_COOKIE}, True),
        (
            {"origin": "http://a.example", "host": "127.0.0.1", "cookie": OWN_COOKIE, "sec-fetch-site": "same-site"},
            True,
        ),
        ({"sec-fetch-site": "same-site"}, True),
        ({"origin": "http://bakeoff.example:port"}, True),
        ({"origin": "https://public.example", "x-forwarded-host": "public.example"}, False),
        ({"origin": "null"}, True),
        ({"origin": "https://[broken"}, True),
    ],
    ids=str,
)
def test_what_another_website_sends_is_known(headers, foreign):
    given = Headers({"host": "bakeoff.example:7860"} | headers)
    assert is_foreign(given, ("https://good.example",)) == foreign


def test_every_answer_has_the_security_headers(locked):
    for answer in (locked.get("/health/live"), locked.get(PREDICT), locked.get("/nothing"), locked.get("/metrics")):
        for name, value in HEADERS.items():
            assert answer.headers[name.lower()] == value
        assert answer.headers["x-request-id"]


def test_the_page_s_policy_names_its_own_scripts_only(monkeypatch):
    page = b"<script>one()</script><p onclick='x()'><script src='a.js'></script><script data-x>\ntwo()</script>"
    allowed = policy(page)
    assert allowed.count("'sha256-") == 2
    script_sources = next(part for part in allowed.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in script_sources
    assert allowed.split("; ")[-1] == "frame-ancestors 'self'"
    monkeypatch.setenv("SPACE_ID", "alice/bakeoff")
    assert policy(page).endswith("frame-ancestors 'self' https://huggingface.co")


@pytest.fixture
def lines():
    """Collect the lines that the service logs."""
    written = []

    class Handler(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler, root, service = Handler(), logging.getLogger(), logging.getLogger("service")
    handler.setFormatter(json_log.JsonFormatter())
    root.addHandler(handler)
    service.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    service.setLevel(logging.NOTSET)


def test_logs_name_request_and_route_and_no_text_token_or_address(locked, lines):
    ids = [f"request-of-a-test-{number}" for number in range(3)]
    query, path, login = f"{PREDICT}?token={TOKEN}", f"/{SECRET.replace(' ', '-')}", basic("anna", SECRET)
    locked.post(query, {"text": SECRET}, Authorization=f"Bearer {TOKEN}", X_Request_ID=ids[0])
    locked.post(PREDICT, {"text": SECRET, SECRET: 1}, Authorization=login, X_Request_ID=ids[1])
    locked.get(path, X_Request_ID=ids[2])

    def found():  # a line is written after its answer, so another test's line may arrive late
        return [each for each in map(json.loads, lines) if each.get("request_id") in ids]

    wait_for(lambda: len(found()) == 3)
    by_id = {each["request_id"]: (each["route"], each["status"]) for each in found()}
    assert [by_id[each] for each in ids] == [(PREDICT, 200), ("other", 401), ("other", 404)]
    assert not any(word in line for line in lines for word in (SECRET, SECRET.replace(" ", "-"), TOKEN, "127.0.0.1"))


def test_a_fault_is_logged_by_its_place_without_its_words(lines):
    class Broken:
        framework, labels, revision = "PyTorch", ("a", "b"), "local"

        def logits(self, texts):
            raise RuntimeError(f"can't read {texts[0]}")

    with serving((Broken(), Broken())) as server:
        answer = server.post(PREDICT, {"text": SECRET})
        assert (answer.status, answer.error["code"]) == (500, "fault")
        assert server.get("/health/live").status == 200
    assert any("RuntimeError at test_access.py" in line and answer.error["request_id"] in line for line in lines)
    assert not any(SECRET in line for line in lines)
    assert SECRET.encode() not in answer.body


def test_mcp_needs_its_package(monkeypatch):
    monkeypatch.setattr(options.importlib.util, "find_spec", lambda name: None)
    options.check_mcp(False)
    with pytest.raises(BakeoffError, match=r"gradio\[mcp\]"):
        options.check_mcp(True)


def test_options_come_from_flags_and_environment(monkeypatch):
    monkeypatch.setenv("BAKEOFF_LIMIT_ROWS", "7")
    assert options.limits_for([("texts", "3")]) == Limits(rows=7, texts=3)
    assert options.limits_for([("rows", "3")]) == Limits(rows=3)
    monkeypatch.setenv("BAKEOFF_API_TOKENS", f"{TOKEN} another-token-of-ours")
    assert options.tokens_for(None) == (TOKEN, "another-token-of-ours")
    assert options.tokens_for(["a-token-from-a-flag"]) == ("a-token-from-a-flag",)
    monkeypatch.setenv("BAKEOFF_CORS_ORIGINS", "https://a.example http://b.example:8080")
    monkeypatch.setenv("BAKEOFF_AUTH", "anna:secret")
    chosen = options.settings(app.parser().parse_args(["--rate-limit", "5", "--decision", "d.json"]))
    assert chosen.origins == ("https://a.example", "http://b.example:8080")
    assert (chosen.requests_per_minute, str(chosen.decision)) == (5, "d.json")
    assert chosen.access.check_login("anna", "secret") and "secret" not in repr(chosen)
    monkeypatch.setenv("BAKEOFF_CORS_ORIGINS", "*")
    with pytest.raises(BakeoffError, match="is not a valid origin"):
        options.settings(app.parser().parse_args([]))
