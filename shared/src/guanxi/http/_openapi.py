"""The service's OpenAPI document: FastAPI's own, with the scopes and the problems that every route has."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from guanxi.http._answers import PROBLEM_TYPE, FieldErrorDocument, ProblemDocument
from guanxi.http._routes import RouteEntry

_EVERYWHERE = (422, 500, 503)
_WRITING = frozenset({"post", "put", "patch", "delete"})
_GENERATED = ("HTTPValidationError", "ValidationError")
_REFUSALS = (400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 428, 429, 500, 503)
_PAGE_TYPE = "text/html"
_NULL = {"type": "null"}
_DOCUMENT = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}


def openapi_document(app: FastAPI, entries: list[RouteEntry]) -> dict[str, Any]:
    """The whole document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version=app.openapi_version,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            servers=app.servers,
        )
        _add_problems(document)
        _drop_defaults(document)
        scopes = {
            (entry.path, method.lower()): entry.access.scopes
            for entry in entries
            if entry.access
            for method in entry.methods
        }
        for path, operations in document.get("paths", {}).items():
            for method, operation in operations.items():
                _require_headers(operation)
                _complete(operation, method, path, scopes.get((path, method), ()), document)
        app.openapi_schema = document
    return app.openapi_schema


def _drop_defaults(document: dict[str, Any]) -> None:
    """Take the defaults out of what changes a resource: left out there means unchanged, and a client may fill in."""
    for name, schema in document["components"]["schemas"].items():
        if name.partition("-")[0].endswith("Patch"):
            for field in schema.get("properties", {}).values():
                field.pop("default", None)


def _require_headers(operation: dict[str, Any]) -> None:
    """Ask for each header whose schema knows no null: FastAPI lets its absence pass, so that the refusal is ours."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "header" and _NULL not in parameter["schema"].get("anyOf", ()):
            parameter["required"] = True


def _complete(
    operation: dict[str, Any], method: str, path: str, scopes: tuple[str, ...], document: dict[str, Any]
) -> None:
    operation["security"] = [{"bearer": list(scopes)}] if scopes else []
    responses = operation.setdefault("responses", {})
    named = [status for status in _REFUSALS if str(status) in responses]
    asked = [operation.get("parameters", []), operation.get("requestBody", {})]
    missing = [404] if "{" in path or _names_something(asked, document, set()) else []
    for status in dict.fromkeys([*_statuses(operation, method, scopes), *missing, *named]):
        responses[str(status)] = _refusal(status, responses.get(str(status), {}).get("content", {}).get(_PAGE_TYPE))


def _refusal(status: int, page: dict[str, Any] | None) -> dict[str, Any]:
    """A problem document; where the route says it as a page, that or the document of what looked before the route."""
    if page is None:
        return {"$ref": f"#/components/responses/Problem{status}"}
    return {"description": HTTPStatus(status).phrase, "content": {_PAGE_TYPE: page, **_DOCUMENT}}


def _statuses(operation: dict[str, Any], method: str, scopes: tuple[str, ...]) -> list[int]:
    found = [*_EVERYWHERE, *((401, 403) if scopes else ())]
    if method in _WRITING:
        found += [400, 408, 409, 413, 415]
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "If-Match":
            found += [412, 428] if parameter["required"] else [412]
    return found


def _names_something(asked: Any, document: dict[str, Any], seen: set[str]) -> bool:
    """Whether what is asked holds an id, of which there may be nothing."""
    if isinstance(asked, list):
        return any(_names_something(one, document, seen) for one in asked)
    if not isinstance(asked, dict):
        return False
    if asked.get("format") == "uuid":
        return True
    reference = asked.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        seen.add(reference)
        return _names_something(document["components"]["schemas"][reference.rpartition("/")[2]], document, seen)
    return _names_something(list(asked.values()), document, seen)


def _add_problems(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for generated in _GENERATED:
        schemas.pop(generated, None)
    template = "#/components/schemas/{model}"
    for model in (ProblemDocument, FieldErrorDocument):
        schemas[model.__name__] = model.model_json_schema(ref_template=template)
        schemas[model.__name__].pop("$defs", None)
    components["responses"] = {
        f"Problem{status}": {
            "description": HTTPStatus(status).phrase,
            "content": _DOCUMENT,
        }
        for status in _REFUSALS
    }
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
