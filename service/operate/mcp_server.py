"""Makes Gradio's MCP server work behind the guard, although it calls the page's functions over HTTP.

Gradio 6.31 gives its HTTP client no login, so every call fails with `launch(auth=…)`. The client also passes on the
headers of the original caller, such as Host, Cookie and X-Forwarded-For. Tools that take a file would fetch a URL,
which this server refuses.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

USER = "(MCP clients)"  # not a visitor's name, because a logout ends all sessions of the same name
AS_GRADIO = {"download_files": False, "verbose": False, "analytics_enabled": False, "_skip_components": False}


def prepare(app: Any) -> Callable[[Headers], bool]:
    """Let the MCP server call the page's functions despite its login, and remove tools that take a file.

    Args:
        app: Gradio's application.

    Returns:
        A function that tells by the headers whether a request is such a call. Its caller has passed the guard before.
    """
    server = app.get_blocks().mcp_server_obj
    if server is None:
        return lambda _: False
    token = secrets.token_urlsafe(32)
    app.tokens[token] = USER
    cookie = f"access-token-unsecure-{app.cookie_id}"
    tools = server.tool_to_endpoint.items()
    server.tool_to_endpoint = {tool: endpoint for tool, endpoint in tools if not _takes_files(server, tool)}
    server._get_or_create_client = _Caller(server, {cookie: token})

    def is_own(headers: Headers) -> bool:
        value = cookie_parser(headers.get("cookie", "")).get(cookie, "")
        return secrets.compare_digest(value.encode(), token.encode())

    return is_own


def _takes_files(server: Any, tool: str) -> bool:
    _, positions = server.get_input_schema(tool)
    return bool(positions)


class _Caller:
    """The one client for all calls. It is created at the first call, because it reads the server's functions."""

    def __init__(self, server: Any, cookies: dict[str, str]):
        self._server = server
        self._cookies = cookies
        self._lock = threading.Lock()
        self._client: Any = None

    def __call__(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _client(self._server.local_url, self._cookies)
            return self._client


def _client(url: str, cookies: dict[str, str]) -> Any:
    from gradio_client import Client  # a dependency of Gradio, which the API alone does not import

    class OwnClient(Client):
        def submit(self, *args: Any, headers: Any = None, **kwargs: Any) -> Any:
            """Submit without the headers of the MCP server's caller."""
            return super().submit(*args, **kwargs)

    kwargs = {"cookies": cookies, "trust_env": False}  # no proxy is between a server and itself
    return OwnClient(url, headers={"x-gradio-user": "mcp"}, ssl_verify=False, httpx_kwargs=kwargs, **AS_GRADIO)
