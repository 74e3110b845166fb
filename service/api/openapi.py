"""Completes the OpenAPI document beyond the schemas: errors, examples, other media types and logins."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.api.schemas import TEXT, ErrorResponse

EXAMPLE_ERROR = {
    "error": {
        "code": "invalid",
        "message": "The text has 20,001 characters, at most 20,000 are taken",
        "field": "text",
        "limit": 20000,
        "remedy": "shorten it or split it up",
        "request_id": "9f86d081884c7d65",
    },
    "detail": "The text has 20,001 characters, at most 20,000 are taken: shorten it or split it up.",
}
EXAMPLE_ANSWER = {
    "models": [
        {
            "framework": framework,
            "revision": "local",
            "predictions": [
                {"label": "sport", "probability": 0.97, "probabilities": {"business": 0.03, "sport": 0.97}},
            ],
            "seconds": 0.008,
            "waited": 0.001,
            "together": 1,
        }
        for framework in ("PyTorch", "TensorFlow")
    ],
    "agree": [True],
}
RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


def _error(description: str, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"example": EXAMPLE_ERROR}}
    return {"model": ErrorResponse, "description": description, "content": content, **more}


NOT_READY = {503: _error("Not ready, busy or stopping.", headers=RETRY)}
ABSENT = {404: _error("The server has no such report yet."), 503: _error("The report can't be read.")}
WORK = {
    400: _error("The body is not JSON."),
    413: _error("The body is too large."),
    415: _error("The media type of the body is not accepted."),
    422: _error("A value is invalid."),
    429: _error("Too many requests, or failed logins.", headers=RETRY),
    504: _error("The answer was not ready in time."),
    **NOT_READY,
}
PREDICTED = {200: {"content": {"application/json": {"example": EXAMPLE_ANSWER}}}}
METRICS = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus' text format."}}
INVOCATIONS = {
    "responses": WORK
    | {200: {"content": {"application/json": {"example": EXAMPLE_ANSWER}, "text/csv": {"schema": {"type": "string"}}}}},
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/PredictRequest"},
                    "example": {"text": TEXT},
                },
                "text/csv": {"schema": {"type": "string"}, "example": f'"{TEXT}"\n'},
            },
        }
    },
}
LOGINS = {"bearer": {"type": "http", "scheme": "bearer"}, "basic": {"type": "http", "scheme": "basic"}}


def maker(api: FastAPI, login: bool, root: str = "") -> Callable[[], dict[str, Any]]:
    """Return an `openapi` method, which builds the document once.

    Args:
        api: The application whose routes it describes.
        login: Whether the API requires a login.
        root: The path or the whole address below which the routes are found.
    """

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            document = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
            schemas = document["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):  # FastAPI adds them, and no route sends them
                schemas.pop(name, None)
            if login:
                document["components"]["securitySchemes"] = LOGINS
                document["security"] = [{name: []} for name in LOGINS]
            if root:
                document["servers"] = [{"url": root}]
            api.openapi_schema = document
        return api.openapi_schema

    return openapi
