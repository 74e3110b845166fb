"""Renders the API documentation as one page from the OpenAPI document, without scripts or external files."""

import json
from typing import Any

from bakeoff.common.html_page import render
from service.api.openapi import EXAMPLE_ERROR

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(document: dict[str, Any], base: str) -> str:
    """Return the HTML page that shows an OpenAPI document.

    Args:
        document: The OpenAPI document.
        base: The base address of its paths, without a trailing slash.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            groups.setdefault(tag, []).append(_operation(document, base, path, method, operation))
    return render(
        "service/api/api.html.j2",
        title=document["info"]["title"],
        about=document["info"]["description"],
        groups=groups,
        login="security" in document,
        error=json.dumps(EXAMPLE_ERROR, indent=2),
    )


def _operation(
    document: dict[str, Any], base: str, path: str, method: str, operation: dict[str, Any]
) -> dict[str, Any]:
    bodies = operation.get("requestBody", {}).get("content", {})
    schema = _resolved(document, bodies.get("application/json", {}).get("schema", {}))
    answers = operation["responses"]
    return {
        "method": method.upper(),
        "path": path,
        "about": operation.get("description", ""),
        "fields": _fields(schema),
        "curl": _curl(base + path, method, schema.get("examples", [])),
        "example": _example(answers["200"]),
        "errors": [
            f"{status} {response['description'].rstrip('.')}" for status, response in answers.items() if status >= "400"
        ],
    }


def _fields(schema: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return the name, type, allowed values and description of each field of a body."""
    required = schema.get("required", [])
    return [
        (name, _type(field), _allowed(field) + (", required" if name in required else ""), field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    inner = f" of {_type(schema['items'])}" if "items" in schema else ""
    return schema.get("type", "any") + inner


def _allowed(schema: dict[str, Any]) -> str:
    words = {
        "maxLength": "at most {:,} characters",
        "maxItems": "at most {:,}",
        "minimum": "from {:,.0f}",
        "maximum": "to {:,.0f}",
    }
    parts = [text.format(schema[key]) for key, text in words.items() if key in schema]
    parts += [" or ".join(schema["enum"])] if "enum" in schema else []
    parts += [f"default {json.dumps(schema['default'])}"] if schema.get("default") is not None else []
    return ", ".join(parts)


def _curl(address: str, method: str, examples: list[Any]) -> list[str]:
    command = f"curl {address}"
    if method == "get":
        return [command]
    return [f"{command} -H 'Content-Type: application/json' -d '{json.dumps(example)}'" for example in examples]


def _example(response: dict[str, Any]) -> str:
    example = response.get("content", {}).get("application/json", {}).get("example")
    return "" if example is None else json.dumps(example, indent=2)


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema
