"""Which addresses belong to the API, which of Gradio's are open, and which are closed."""

# The very function by which Starlette's routers take a root path off: what is judged here is what they route.
from starlette._utils import get_route_path
from starlette.types import Scope

PUBLIC = ("/health/live", "/health/ready", "/ping")  # for load balancers; they tell nothing else
API = ("/metrics", "/invocations", *PUBLIC)  # and all below /api
PREDICTIONS = ("/invocations", *(f"/api/v1/{name}" for name in ("predict", "pytorch/predict", "tensorflow/predict")))
GRADIO = "/gradio_api"
UPLOAD = f"{GRADIO}/upload"
LOGIN, LOGOUT = "/login", "/logout"
MCP = f"{GRADIO}/mcp"  # Gradio asks for no login there
READS = ("GET", "HEAD", "OPTIONS")  # methods
STREAMS = (f"{GRADIO}/heartbeat/",)  # open as long as a page is

# What the page doesn't use, or what would tell of others' work; a closed address is not found.
CLOSED = (
    "/monitoring",
    "/openapi.json",  # of Gradio's routes
    *(
        f"{GRADIO}/{name}"
        for name in (
            *("api/", "app_id", "component_server", "custom_component", "deep_link", "dev/", "file/", "file=http"),
            *("process_recording", "profiling", "proxy=", "run-history", "stream/", "token", "undo-vibe-", "vibe-"),
        )
    ),
)


def routed(scope: Scope) -> str:
    """Return the path that routers look at. Nothing else in front of them may be compared with an address."""
    return get_route_path(scope)


def put_below(scope: Scope, prefix: str) -> None:
    """Put the request below the prefix, whether or not a proxy has taken it off: links then always lead below it."""
    scope["root_path"] = prefix
    path = routed(scope)
    if path.startswith("/"):
        scope["path"] = prefix + path


def is_api(path: str) -> bool:
    """Whether the API answers there, and not the page."""
    return path in API or path == "/api" or path.startswith("/api/")


def needs_access(path: str) -> bool:
    """Whether it asks for the API's login, where there is one; the page has Gradio's."""
    return path not in PUBLIC and (is_api(path) or path.startswith(MCP))


def is_closed(path: str) -> bool:
    """Whether Gradio has something there that is not served."""
    return path.startswith(CLOSED)
