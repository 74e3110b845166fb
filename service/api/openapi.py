"""What the OpenAPI document says beyond the schemas: errors, examples, other media types, logins."""

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
RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}


def _error(description: str, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"example": EXAMPLE_ERROR}}
    return {"model": ErrorResponse, "description": description, "content": content, **more}


NOT_READY = {503: _error("Not ready, busy or stopping.", headers=RETRY)}
ABSENT = {404: _error("There is none yet."), 503: _error("It can't be read.")}
WORK = {
    400: _error("The body is not JSON."),
    413: _error("The body is too large."),
    415: _error("The body's type is not taken."),
    422: _error("A value is not one that is taken."),
    429: _error("Too many requests, or failed logins.", headers=RETRY),
    504: _error("It was not ready in time."),
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
    """An `openapi` method: the document, made once.

    Args:
        api: whose routes it describes.
        login: whether it asks for one.
        root: the path, or the whole address, below which its routes are found.
    """

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            made = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
            schemas = made["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which nothing sends
                schemas.pop(name, None)
            if login:
                made["components"]["securitySchemes"] = LOGINS
                made["security"] = [{name: []} for name in LOGINS]
            if root:
                made["servers"] = [{"url": root}]
            api.openapi_schema = made
        return api.openapi_schema

    return openapi
