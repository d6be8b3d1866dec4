"""Changed segments and treatments: which tiers a segment takes, and what each tier is recommended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from pydantic import TypeAdapter, ValidationError

from guanxi.events.fields import Code
from guanxi.problems import FieldError, Unprocessable

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
LONGEST_TEXT = 200
MOST_ACTIONS = 20
_CODE: TypeAdapter[str] = TypeAdapter(Code)


def segments(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The segments with other tiers. `changes` lists the segments that change, by id. 422."""
    _only(changes, "segments", "Only which tiers a segment takes is rehearsed.")
    path, names = "changes.segments", list(body["tiers"])
    known = {one["id"]: one for one in body["segments"]}
    if not _objects(changes["segments"]):
        raise _refused([FieldError(path, "type", "A list of segments, each with its id and its tiers.")])
    wrong, made, seen = list[FieldError](), dict(known), set[str]()
    for n, one in enumerate(changes["segments"]):
        here = f"{path}[{n}]"
        if not isinstance(one.get("id"), str) or one["id"] not in known:
            wrong.append(FieldError(f"{here}.id", "unknown", "There is no such segment."))
        elif one["id"] in seen:
            wrong.append(FieldError(f"{here}.id", "twice", "This segment stands here twice."))
        elif faults := list(_wrong_segment(known[one["id"]], one, names, here)):
            wrong += faults
        else:
            seen.add(one["id"])
            was = known[one["id"]]
            if "tiers" in one:
                made[one["id"]] = was | {"tiers": [tier for tier in names if tier in one["tiers"]]}
    if wrong:
        raise _refused(wrong)
    return dict(body) | {"segments": list(made.values())}


def treatments(
    body: Mapping[str, Any], changes: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """The treatments with other actions. 422. `earlier` are all published bodies, the newest first.

    A tier's list takes the place of the one in force. An action that was ever recommended to the tier is named by its
    code alone, one of other tiers too where it says the same in all of them; a new one comes with its text in each
    language. What a code says to a tier never changes.
    """
    _only(changes, "treatments", "Only what tiers are recommended is rehearsed.")
    path, asked = "changes.treatments", changes["treatments"]
    if not isinstance(asked, dict):
        raise _refused([FieldError(path, "type", "An object of lists of actions, by tier.")])
    wrong, made, said = list[FieldError](), dict(body["treatments"]), _said([body, *earlier])
    for tier, actions in asked.items():
        if tier not in body["treatments"]:
            wrong.append(FieldError(f"{path}.{tier}", "unknown", "There is no such tier."))
        elif not _objects(actions) or len(actions) > MOST_ACTIONS:
            wrong.append(FieldError(f"{path}.{tier}", "type", f"A list of 1 to {MOST_ACTIONS} actions."))
        elif faults := list(_wrong_actions(known := _known(said, tier), actions, f"{path}.{tier}")):
            wrong += faults
        else:
            made[tier] = [next(iter(_meant(known.get(one["code"], ()), one)), one) for one in actions]
            # Two tiers of one change do not bring one code with two texts either.
            for one in made[tier]:
                said[tier].setdefault(one["code"], [one])
    if wrong:
        raise _refused(wrong)
    return dict(body) | {"treatments": made}


Said = Mapping[str, Sequence[Mapping[str, str]]]
"""By code, the different actions that it has stood for."""


def _said(bodies: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[Mapping[str, str]]]]:
    # By tier, the newest first.
    found: dict[str, dict[str, list[Mapping[str, str]]]] = {}
    for one in bodies:
        for tier, actions in one["treatments"].items():
            for action in actions:
                same = found.setdefault(tier, {}).setdefault(action["code"], [])
                if action not in same:
                    same.append(action)
    return found


def _known(said: Mapping[str, Said], tier: str) -> Said:
    """What each code may say to a tier: what it has said to it, else what it says to others."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for by_code in said.values():
        for code, actions in by_code.items():
            there = found.setdefault(code, [])
            there += [one for one in actions if one not in there]
    return found | {code: actions[:1] for code, actions in said.get(tier, {}).items()}


def _only(changes: Mapping[str, Any], name: str, detail: str) -> None:
    wrong = [FieldError(f"changes.{one}", "fixed", detail) for one in changes if one != name]
    if wrong:
        raise _refused(wrong)


def _wrong_segment(
    was: Mapping[str, Any], one: Mapping[str, Any], names: Sequence[str], path: str
) -> Iterator[FieldError]:
    for name in one:
        if name not in ("id", "tiers") and (name not in was or one[name] != was[name]):
            yield FieldError(f"{path}.{name}", "fixed", "Only which tiers a segment takes is rehearsed.")
    if "tiers" not in one:
        return
    tiers = one["tiers"]
    if "tiers" not in was:
        yield FieldError(f"{path}.tiers", "fixed", "This segment has members of all tiers.")
    elif not isinstance(tiers, list) or not tiers:
        yield FieldError(f"{path}.tiers", "empty", "At least one tier.")
    else:
        for n, tier in enumerate(tiers):
            if tier not in names:
                yield FieldError(f"{path}.tiers[{n}]", "unknown", "There is no such tier.")
            elif tier in tiers[:n]:
                yield FieldError(f"{path}.tiers[{n}]", "twice", "This tier stands here twice.")


def _wrong_actions(known: Said, actions: Sequence[Mapping[str, Any]], path: str) -> Iterator[FieldError]:
    seen = set[str]()
    for n, one in enumerate(actions):
        here, code = f"{path}[{n}]", one.get("code")
        if not _is_code(code):
            yield FieldError(f"{here}.code", "code", "A code, such as `talk-more`.")
        elif code in seen:
            yield FieldError(f"{here}.code", "twice", "This action stands here twice.")
        elif code in known:
            yield from _wrong_known(known[code], one, here)
        else:
            yield from _wrong_new(one, here)
        seen.add(str(code))


def _wrong_known(known: Sequence[Mapping[str, str]], one: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    found = _meant(known, one)
    if not found:
        for name in one:
            if one[name] != known[0].get(name):
                yield FieldError(f"{path}.{name}", "fixed", "What a code says stays: another text is another code.")
    elif len(found) > 1:
        yield FieldError(
            f"{path}.code", "ambiguous", "Other tiers are told different things by this code: name the text."
        )


def _meant(known: Sequence[Mapping[str, str]], one: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Those of the known actions of a code that an action may be, by as much as it says."""
    return [each for each in known if all(one[name] == each.get(name) for name in one)]


def _wrong_new(one: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    for name in one:
        if name not in ("code", *LANGUAGES):
            yield FieldError(f"{path}.{name}", "unknown", "An action has a code and a text in each language.")
    for language in LANGUAGES:
        text = one.get(language)
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT or "\x00" in text:
            yield FieldError(f"{path}.{language}", "text", f"A text of 1 to {LONGEST_TEXT} characters.")


def _objects(found: Any) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(found, list) and bool(found) and all(isinstance(one, dict) for one in found)


def _is_code(found: Any) -> TypeGuard[str]:
    try:
        return isinstance(found, str) and _CODE.validate_python(found) == found
    except ValidationError:
        return False


def _refused(wrong: Sequence[FieldError]) -> Unprocessable:
    return Unprocessable("This is no change of what is in force.", wrong)
