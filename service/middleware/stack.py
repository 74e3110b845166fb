"""All that stands in front of the API and the page, in the order in which a request passes it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import cookie_parser
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from service.guard import no_fetching, paths, proxies
from service.guard.origins import AsSeen
from service.middleware.arrival import PASSED, Arrival
from service.middleware.bodies import Bodies
from service.middleware.gate import Gate
from service.middleware.headers import PagePolicy, SecurityHeaders
from service.middleware.page_errors import PageErrors
from service.middleware.request_log import RequestLog
from service.operate import mcp_server
from service.operate.state import Service
from service.problem import Problem

COMPRESSED_BYTES = 1024  # at least; errors are smaller
COMPRESSION = 5  # of 9: a tenth larger than that, in a third of the time


def guarded(app: ASGIApp, service: Service) -> ASGIApp:
    """The application behind log, headers, compression, CORS, gate and body checks."""
    proxies.replace_uvicorn_s()
    settings = service.settings
    app = Gate(AsSeen(Bodies(PageErrors(app), service.limits), settings.origins), service)
    app = CORSMiddleware(
        app,
        allow_origins=settings.origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type", "X-Request-ID"),
        expose_headers=("Retry-After", "X-Request-ID"),
    )
    # No answer's body holds a secret (logins travel in headers), so that its compressed length can't give one away.
    # Streams of events are passed on as they come. Gradio compresses its own scripts; nothing is compressed twice.
    app = GZipMiddleware(app, COMPRESSED_BYTES, COMPRESSION)
    return Arrival(RequestLog(SecurityHeaders(app), service), settings.root, settings.trusted)


def page_settings(api: FastAPI, service: Service) -> dict[str, Any]:
    """What `launch(app_kwargs=...)` needs so that Gradio's server has the API's routes and stands behind the guard."""
    no_fetching.close()
    proxies.replace_uvicorn_s()  # Gradio makes its server before the guard below
    return {
        "routes": [Route(path, api) for path in ("/api", "/api/{rest:path}", *paths.API)],
        "middleware": [Middleware(_OnlyGuarded), Middleware(PagePolicy)],
        "lifespan": _guarding(service),
    }


def _guarding(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Gradio puts its own CORS, which lets any website in, before all middleware that it is given. The stack is
        # built by the time that an application starts, so that the guard can stand before it.
        service.logged_in = _knows(app)
        service.is_own = mcp_server.prepare(app)
        app.middleware_stack = guarded(app.middleware_stack, service)
        with service.uploads.watched():
            yield

    return lifespan


class _OnlyGuarded:
    """Refuses what has not passed the guard: uvicorn serves on, without a word, when a lifespan fails."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or PASSED in scope:
            await self._app(scope, receive, send)
        else:
            await Problem(500).response()(scope, receive, send)


def _knows(app: FastAPI) -> Callable[[Headers], bool]:
    """Whether Gradio would take a request's cookies; it asks only after it has read an upload."""

    def known(headers: Headers) -> bool:
        cookies = cookie_parser(headers.get("cookie", ""))
        names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
        return app.auth is None or any(cookies.get(name) in app.tokens for name in names)

    return known
