"""Which addresses belong to the API, which of Gradio's are open, and which are closed."""

PUBLIC = ("/health/live", "/health/ready", "/ping")  # for load balancers; they tell nothing else
API = ("/metrics", "/invocations", *PUBLIC)  # and all below /api
PREDICTIONS = ("/invocations", *(f"/api/v1/{name}" for name in ("predict", "pytorch/predict", "tensorflow/predict")))
GRADIO = "/gradio_api"
UPLOAD = f"{GRADIO}/upload"
LOGIN, LOGOUT = "/login", "/logout"
MCP = f"{GRADIO}/mcp"  # Gradio asks for no login there
STREAMS = (f"{GRADIO}/heartbeat/",)  # open as long as a page is

# What the page doesn't use, or what would tell of others' work; a closed address is not found.
CLOSED = (
    "/monitoring",
    *(
        f"{GRADIO}/{name}"
        for name in (
            *("api/", "app_id", "component_server", "custom_component", "deep_link", "dev/", "file/", "file=http"),
            *("process_recording", "profiling", "proxy=", "run-history", "stream/", "token", "undo-vibe-", "vibe-"),
        )
    ),
)


def is_api(path: str) -> bool:
    """Whether the API answers there, and not the page."""
    return path in API or path == "/api" or path.startswith("/api/")


def needs_access(path: str) -> bool:
    """Whether it asks for the API's login, where there is one; the page has Gradio's."""
    return path not in PUBLIC and (is_api(path) or path.startswith(MCP))


def is_closed(path: str) -> bool:
    """Whether Gradio has something there that is not served."""
    return path.startswith(CLOSED)
