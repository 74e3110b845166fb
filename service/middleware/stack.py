"""Builds the middleware in front of API and page, in the order in which a request passes it."""

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
from service.middleware.arrival import PASSED, Arrival
from service.middleware.as_seen import AsSeen
from service.middleware.bodies import Bodies
from service.middleware.gate import Gate
from service.middleware.headers import PagePolicy, SecurityHeaders
from service.middleware.page_errors import PageErrors
from service.middleware.request_log import RequestLog
from service.operate import mcp_server
from service.operate.state import Service
from service.problem import Problem

COMPRESSED_BYTES = 1024  # the smallest answer that is compressed; errors are smaller
COMPRESSION = 5  # of 9 levels: answers are a tenth larger than with 9, in a third of the time


def guarded(app: ASGIApp, service: Service) -> ASGIApp:
    """Return the application behind log, headers, compression, CORS, gate and body checks."""
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
    # No body holds a secret, because logins travel in headers. A compressed length therefore reveals none.
    # Event streams are passed on uncompressed. Gradio compresses its own scripts; nothing is compressed twice.
    app = GZipMiddleware(app, COMPRESSED_BYTES, COMPRESSION)
    return Arrival(RequestLog(SecurityHeaders(app), service), settings.root, settings.trusted)


def page_settings(api: FastAPI, service: Service) -> dict[str, Any]:
    """Return the `app_kwargs` of `launch` that add the API's routes and the guard to Gradio's server."""
    no_fetching.close()
    proxies.replace_uvicorn_s()  # Gradio creates its server before the guard below
    return {
        "routes": [Route(path, api) for path in ("/api", "/api/{rest:path}", *paths.API)],
        "middleware": [Middleware(_OnlyGuarded), Middleware(PagePolicy)],
        "lifespan": _guarding(service),
    }


def _guarding(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Gradio puts its own CORS, which accepts any website, in front of all middleware that it is given. The stack
        # is complete when the application starts, so the guard can be put in front of it here.
        service.logged_in = _knows(app)
        service.is_own = mcp_server.prepare(app)
        app.middleware_stack = guarded(app.middleware_stack, service)
        with service.uploads.watched():
            yield

    return lifespan


class _OnlyGuarded:
    """Middleware that refuses requests that bypassed the guard: uvicorn keeps serving if a lifespan fails."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or PASSED in scope:
            await self._app(scope, receive, send)
        else:
            await Problem(500).response()(scope, receive, send)


def _knows(app: Any) -> Callable[[Headers], bool]:
    """Return a check of Gradio's login cookies, because Gradio itself checks them only after reading an upload."""

    def known(headers: Headers) -> bool:
        cookies = cookie_parser(headers.get("cookie", ""))
        names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
        return app.auth is None or any(cookies.get(name) in app.tokens for name in names)

    return known
