"""The additive-only rule: what was once a valid event stays one for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from guanxi.events.contracts._schemas import Json

_LOWER_IS_NARROWER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_HIGHER_IS_NARROWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_MUST_STAY = ("pattern", "format")


def breaks(old: Json, new: Json) -> list[str]:
    """How `new` refuses what `old` allowed, one sentence each; empty when every old event stays valid."""
    return list(dict.fromkeys(_node(old, new, (old, new), "", frozenset())))


_Roots = tuple[Json, Json]
_Seen = frozenset[tuple[str, str]]


def _node(old: Json, new: Json, roots: _Roots, path: str, seen: _Seen) -> Iterator[str]:
    step = (str(old.get("$ref")), str(new.get("$ref")))
    if step != ("None", "None") and step in seen:
        return
    old, new = _resolved(old, roots[0]), _resolved(new, roots[1])
    seen |= {step}
    kinds = _kinds(new, roots[1])
    for kind in _kinds(old, roots[0]):
        same = [each for each in kinds if _type(each) in {_type(kind), None}]
        if not same:
            yield f"{path or 'data'}: no longer takes {_type(kind)}"
            continue
        found = [list(_kind(kind, each, roots, path, seen)) for each in same]
        yield from min(found, key=len)


def _kind(old: Json, new: Json, roots: _Roots, path: str, seen: _Seen) -> Iterator[str]:
    yield from _values(old, new, path)
    yield from _limits(old, new, path)
    yield from _fields(old, new, roots, path, seen)
    if "items" in new:
        yield from _node(old.get("items", {}), new["items"], roots, f"{path}[]", seen)


def _fields(old: Json, new: Json, roots: _Roots, path: str, seen: _Seen) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{_join(path, name)}: newly required"
    for name, prop in before.items():
        if name in after:
            yield from _node(prop, after[name], roots, _join(path, name), seen)
        else:
            yield f"{_join(path, name)}: removed"
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield f"{path or 'data'}: unknown fields are no longer taken"


def _values(old: Json, new: Json, path: str) -> Iterator[str]:
    allowed = _enum(new)
    if allowed is None:
        return
    before = _enum(old)
    if before is None:
        yield f"{path}: narrowed to a closed list"
        return
    gone = [str(value) for value in before if value not in allowed]
    if gone:
        yield f"{path}: no longer takes {', '.join(gone)}"


def _limits(old: Json, new: Json, path: str) -> Iterator[str]:
    narrower: list[tuple[tuple[str, ...], Callable[[float, float], bool]]] = [
        (_LOWER_IS_NARROWER, lambda was, now: now < was),
        (_HIGHER_IS_NARROWER, lambda was, now: now > was),
    ]
    for keys, tighter in narrower:
        for key in keys:
            if key in new and (key not in old or tighter(old[key], new[key])):
                yield f"{path}: {key} narrowed to {new[key]}"
    for key in _MUST_STAY:
        if key in new and new[key] != old.get(key):
            yield f"{path}: {key} changed"


def _resolved(node: Json, root: Json) -> Json:
    ref = node.get("$ref")
    if ref is None:
        return node
    name = ref.removeprefix("#/$defs/")
    found: Json = root.get("$defs", {}).get(name, {})
    return found


def _kinds(node: Json, root: Json) -> list[Json]:
    return [_resolved(kind, root) for kind in node["anyOf"]] if "anyOf" in node else [node]


def _type(node: Json) -> str | None:
    if "type" in node:
        return str(node["type"])
    return "object" if "properties" in node else None


def _enum(node: Json) -> list[object] | None:
    if "const" in node:
        return [node["const"]]
    values: list[object] | None = node.get("enum")
    return values


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
