"""Lists which paths belong to the API, which of Gradio's paths are open, and which are closed."""

# Starlette's routers remove the root path with this same function, so the checks see the path that is routed.
from starlette._utils import get_route_path
from starlette.types import Scope

PUBLIC = ("/health/live", "/health/ready", "/ping")  # for load balancers; they reveal nothing else
API = ("/metrics", "/invocations", *PUBLIC)  # and everything below /api
PREDICTIONS = ("/invocations", *(f"/api/v1/{name}" for name in ("predict", "pytorch/predict", "tensorflow/predict")))
GRADIO = "/gradio_api"
UPLOAD = f"{GRADIO}/upload"
LOGIN, LOGOUT = "/login", "/logout"
MCP = f"{GRADIO}/mcp"  # Gradio requires no login here
READS = ("GET", "HEAD", "OPTIONS")  # methods that change nothing
STREAMS = (f"{GRADIO}/heartbeat/",)  # open as long as the page is open

# Routes that the page does not use, or that would reveal other visitors' work. A closed path answers 404.
CLOSED = (
    "/monitoring",
    "/openapi.json",  # the document of Gradio's routes
    *(
        f"{GRADIO}/{name}"
        for name in (
            *("api/", "app_id", "component_server", "custom_component", "deep_link", "dev/", "file/", "file=http"),
            *("process_recording", "profiling", "proxy=", "run-history", "stream/", "token", "undo-vibe-", "vibe-"),
        )
    ),
)


def routed(scope: Scope) -> str:
    """Return the path that the routers see. Every check in front of them must use this path only."""
    return get_route_path(scope)


def put_below(scope: Scope, prefix: str) -> None:
    """Put the request below the prefix, whether or not a proxy removed it. Links then always stay below it."""
    scope["root_path"] = prefix
    path = routed(scope)
    if path.startswith("/"):
        scope["path"] = prefix + path


def is_api(path: str) -> bool:
    """Return whether the API answers the path, rather than the page."""
    return path in API or path == "/api" or path.startswith("/api/")


def needs_access(path: str) -> bool:
    """Return whether the path requires the API's login, if there is one. The page uses Gradio's login."""
    return path not in PUBLIC and (is_api(path) or path.startswith(MCP))


def is_closed(path: str) -> bool:
    """Return whether the path is a closed route of Gradio."""
    return path.startswith(CLOSED)
