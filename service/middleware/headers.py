"""Sets the security headers of every answer and the page's Content-Security-Policy."""

import base64
import os
import re
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.guard import paths
from service.guard.origins import OWN_COOKIE

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",  # answers that are not pages run nothing
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
HUGGING_FACE = "https://huggingface.co"  # embeds a Space in a frame


class SecurityHeaders:
    """Middleware that adds the security headers that an answer lacks."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete the answer's headers."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, complete if scope["type"] == "http" else send)


class PagePolicy:
    """Middleware that lists the hashes of the page's own inline scripts, so that no others run."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and hold a page back until it is complete."""
        if scope["type"] != "http" or paths.routed(scope).startswith(paths.GRADIO):  # these may be visitors' files
            await self._app(scope, receive, send)
            return
        start, parts = None, []

        async def held(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None:
                await send(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    body = b"".join(parts)
                    headers = MutableHeaders(scope=start)
                    headers["Content-Security-Policy"] = policy(body)
                    headers.append("Set-Cookie", OWN_COOKIE)
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, held)


def policy(page: bytes) -> str:
    """Return the policy of a Gradio page: run its own files and inline scripts, and connect to this server."""
    hashes = sorted({_hash(script) for script in INLINE_SCRIPT.findall(page)})
    frames = f"'self' {HUGGING_FACE}" if os.environ.get("SPACE_ID") else "'self'"
    return "; ".join(
        (
            "default-src 'self'",
            # Vega, which draws the plots, compiles its expressions.
            f"script-src 'self' 'unsafe-eval' {' '.join(hashes)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            "connect-src 'self' blob: data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {frames}",
        )
    )


def _is_page(message: Message) -> bool:
    """Return whether an answer is a page without a policy of its own."""
    headers = MutableHeaders(scope=message)
    return headers.get("content-type", "").startswith("text/html") and "content-security-policy" not in headers


def _hash(script: bytes) -> str:
    normal = script.replace(b"\r\n", b"\n").replace(b"\r", b"\n")  # as browsers normalize it
    return f"'sha256-{base64.b64encode(sha256(normal).digest()).decode()}'"
