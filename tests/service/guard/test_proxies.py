"""Test that the client is the last address that is not a trusted proxy's, behind real proxies too."""

import base64
import http.client
from contextlib import ExitStack, contextmanager

import pytest

import app
from bakeoff.common.errors import BakeoffError
from service.guard.access import Access
from service.guard.clients import RateLimit, address_of
from service.guard.proxies import trusted
from service.operate import options
from service.operate.settings import Settings
from tests.support.marks import needs_nginx
from tests.support.nginx import DOCUMENTED, PASSED_ON, nginx
from tests.support.serving import serving
from tests.tabs.test_served_page import launched

LOGIN = ("anna", "password")
ACCESS = Access(LOGIN)
WRONG, RIGHT = (f"Basic {base64.b64encode(each).decode()}" for each in (b"anna:wrong", b"anna:password"))


@pytest.mark.parametrize(
    ("proxies", "peer", "lines", "client"),
    [
        ("", "10.0.0.1", ["1.1.1.1"], "10.0.0.1"),  # nobody is trusted, not even loopback
        ("", "127.0.0.1", ["1.1.1.1"], "127.0.0.1"),
        ("1", "10.0.0.1", [], "10.0.0.1"),
        ("1", "10.0.0.1", ["6.6.6.6, 1.1.1.1"], "1.1.1.1"),  # the client wrote the first address
        ("1", None, ["6.6.6.6", "1.1.1.1"], "1.1.1.1"),  # in two lines; a Unix socket has no address
        ("2", "10.0.0.1", ["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
        ("2", "10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.0/8", "10.0.0.1", ["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
        ("10.0.0.0/8", "9.9.9.9", ["1.1.1.1"], "9.9.9.9"),  # it didn't come through the proxy
        ("10.0.0.0/8", "10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1, 10.0.0.2", "10.0.0.1", ["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        ("127.0.0.1", "::ffff:127.0.0.1", ["1.1.1.1"], "1.1.1.1"),  # if both address families share a socket
        ("::1,fd00::/8", "::1", ["2001:db8::1:2:3:4, [fd00::1]:443"], "2001:db8::/64"),
        ("127.0.0.1", "127.0.0.1", ["1.1.1.1:4711"], "1.1.1.1"),
        ("127.0.0.1", "127.0.0.1", ["1.1.1.1, unknown"], "unknown"),  # the proxy's entry, not the client's before it
        ("127.0.0.1", "127.0.0.1", [" , "], "127.0.0.1"),
        ("0", "127.0.0.1", ["1.1.1.1"], "127.0.0.1"),
    ],
)
def test_the_last_untrusted_address_counts(proxies, peer, lines, client):
    headers = [(b"x-forwarded-for", line.encode()) for line in lines]
    scope = {"type": "http", "client": (peer, 5) if peer else None, "headers": headers}
    found = trusted(proxies)
    assert address_of({"client": (found.client(scope), 0)}) == client


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.1/8", "1,2", "*", "-1", "1.5", "10.0.0.0/33", "1000"])
def test_what_names_no_proxy_is_told(text):
    with pytest.raises(BakeoffError, match="--trusted-proxies"):
        trusted(text)


def test_proxies_come_from_flag_and_environment(monkeypatch):
    monkeypatch.setenv("BAKEOFF_TRUSTED_PROXIES", "127.0.0.1")
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/bakeoff/")
    chosen = options.settings(app.parser().parse_args([]))
    assert (str(chosen.trusted.networks[0]), chosen.root) == ("127.0.0.1/32", "/bakeoff")
    assert options.settings(app.parser().parse_args(["--trusted-proxies", "2"])).trusted.count == 2


def test_ipv4_clients_of_a_socket_for_both_families_are_not_one():
    assert address_of({"client": ("::ffff:1.2.3.4", 5)}) == "1.2.3.4"
    assert address_of({"client": ("fe80::1%eth0", 5)}) == "fe80::/64"


@contextmanager
def api(settings):
    with serving(settings=settings) as server:
        yield server


@contextmanager
def page(settings):
    with launched(settings, auth=settings.access.check_login) as server:
        yield server


def ask(port, method, path, source, body=None, **headers):
    """Send a request from an address of this machine, all of which begin with 127, and return its status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status
    finally:
        connection.close()


def judged(port, source, invented=True):
    """Return how many of 25 guesses of the API's login were checked. The client claims a new address for each."""
    named = [{"X_Forwarded_For": f"9.9.9.{number}"} if invented else {} for number in range(25)]
    found = [ask(port, "GET", "/api/v1/models", source, Authorization=WRONG, **each) for each in named]
    assert set(found) <= {401, 429}
    return found.count(401)


def page_judged(port, source):
    """Return how many of 25 guesses of the page's login were checked."""
    kind, body = "application/x-www-form-urlencoded", b"username=anna&password=wrong"
    found = [
        ask(port, "POST", "/login", source, body, Content_Type=kind, X_Forwarded_For=f"9.9.9.{number}")
        for number in range(25)
    ]
    assert set(found) <= {400, 429}
    return found.count(400)


SLOWED = range(3, 15)  # three are checked, and one more after each wait


def test_a_client_that_invents_addresses_is_slowed(monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own setting, which must have no effect
    with api(Settings(ACCESS)) as server:
        assert judged(server.port, "127.0.0.2") in SLOWED
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with page(Settings(ACCESS)) as server:
        assert judged(server.port, "127.0.0.2") in SLOWED
        assert page_judged(server.port, "127.0.0.3") in SLOWED


@needs_nginx
def test_behind_a_proxy_that_passes_inventions_on_they_count_for_nothing(tmp_path):
    """All visitors are one client until the proxy is trusted. Then it must append, as the documented one does."""
    with page(Settings(ACCESS)) as server, nginx(tmp_path / "n", server.port, PASSED_ON) as front:
        assert judged(front.port, "127.0.0.2") in SLOWED
        server.service.logins.succeeded("127.0.0.1")
        assert page_judged(front.port, "127.0.0.2") in SLOWED
        assert set(server.service.logins._clients) == {"127.0.0.1"}


@needs_nginx
@pytest.mark.parametrize("serve", [api, page])
@pytest.mark.parametrize("proxies", ["1", "127.0.0.1"])
def test_visitors_of_a_named_proxy_are_told_apart(serve, tmp_path, proxies):
    settings = Settings(ACCESS, trusted=trusted(proxies), requests_per_minute=2)
    with serve(settings) as server, nginx(tmp_path / "n", server.port) as front:
        server.service.rate = RateLimit(2, lambda: 30.0)
        assert judged(front.port, "127.0.0.2") in SLOWED
        assert set(server.service.logins._clients) == {"127.0.0.2"}
        assert ask(front.port, "GET", "/api/v1/models", "127.0.0.3", Authorization=RIGHT) == 200
        for source in ("127.0.0.4", "127.0.0.5"):
            asked = [
                ask(front.port, "POST", "/api/v1/x", source, b"{}", Authorization=RIGHT, X_Forwarded_For=f"9.9.9.{n}")
                for n in range(4)
            ]
            assert asked == [404, 404, 429, 429]


@needs_nginx
@pytest.mark.parametrize("proxies", ["2", "127.0.0.8/31", "127.0.0.8,127.0.0.9"])
def test_visitors_of_two_proxies_in_a_row_are_told_apart(tmp_path, proxies):
    with ExitStack() as stack:
        server = stack.enter_context(api(Settings(ACCESS, trusted=trusted(proxies))))
        inner = stack.enter_context(nginx(tmp_path / "inner", server.port, (*DOCUMENTED, "proxy_bind 127.0.0.9")))
        outer = stack.enter_context(nginx(tmp_path / "outer", inner.port, (*DOCUMENTED, "proxy_bind 127.0.0.8")))
        assert judged(outer.port, "127.0.0.2") in SLOWED
        assert set(server.service.logins._clients) == {"127.0.0.2"}
        assert ask(outer.port, "GET", "/api/v1/models", "127.0.0.3", Authorization=RIGHT) == 200


def test_an_unnamed_proxy_is_logged_once(caplog):
    with api(Settings()) as server:
        for _ in range(3):
            server.get("/health/live", X_Forwarded_For="1.1.1.1")
    assert caplog.text.count("--trusted-proxies") == 1
    assert "1.1.1.1" not in caplog.text


@pytest.mark.parametrize("proxies", ["", "127.0.0.1"])
def test_the_scheme_is_a_trusted_proxy_s_word(proxies):
    with api(Settings(trusted=trusted(proxies))) as server:
        docs = server.get("/api/docs", X_Forwarded_Proto="https", Host="a.example").body.decode()
        assert f"curl {'https' if proxies else 'http'}://a.example/api/v1/predict" in docs
        odd = server.get("/api/docs", X_Forwarded_Proto="javascript", Host="a.example").body.decode()
        assert "curl http://a.example/" in odd
