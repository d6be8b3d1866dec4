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
        scopes = {
            (entry.path, method.lower()): entry.access.scopes
            for entry in entries
            if entry.access
            for method in entry.methods
        }
        for path, operations in document.get("paths", {}).items():
            for method, operation in operations.items():
                _complete(operation, method, path, scopes.get((path, method), ()))
        app.openapi_schema = document
    return app.openapi_schema


def _complete(operation: dict[str, Any], method: str, path: str, scopes: tuple[str, ...]) -> None:
    operation["security"] = [{"bearer": list(scopes)}] if scopes else []
    responses = operation.setdefault("responses", {})
    for status in _statuses(operation, method, path, scopes):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}


def _statuses(operation: dict[str, Any], method: str, path: str, scopes: tuple[str, ...]) -> list[int]:
    found = [*_EVERYWHERE, *((401, 403) if scopes else ()), *((404,) if "{" in path else ())]
    if method in _WRITING:
        found += [400, 408, 409, 413, 415]
    if any(parameter.get("name") == "If-Match" for parameter in operation.get("parameters", ())):
        found += [412, 428]
    return found


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
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in (400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 428, 500, 503)
    }
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
