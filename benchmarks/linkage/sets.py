"""The labelled sets: public data in `GUANXI_DATA`, each record with the truth of who it is."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from customer_profile.matching.features import Features, features
from guanxi.events.inbound.profiles import Address

Row = dict[str, str]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One set: its rows, the same as features, the true pairs, and the pairs that are judged (None: all)."""

    name: str
    rows: list[Row]
    records: list[Features]
    true: frozenset[Pair]
    judged: frozenset[Pair] | None = None


def load(folder: Path, name: str) -> Labelled:
    """One of `SETS`."""
    return SETS[name](folder)


def _read(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _febrl(number: int) -> Callable[[Path], Labelled]:
    def read(folder: Path) -> Labelled:
        rows = _read(folder / "er_febrl" / f"febrl{number}.csv.gz")
        return Labelled(f"febrl{number}", rows, [_person(row) for row in rows], _true(row["entity_id"] for row in rows))

    return read


def _person(row: Row) -> Features:
    born = row["date_of_birth"]
    return features(
        kind="person",
        names=[" ".join(filter(None, (row["given_name"], row["surname"])))],
        id_number=row["soc_sec_id"],
        birth_date=f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == len("YYYYMMDD") else None,
        address=_address(
            line=f"{row['street_number']} {row['address_1']}",
            district=row["address_2"],
            city=row["suburb"],
            postcode=row["postcode"],
            province=row["state"],
        ),
    )


def _fake(folder: Path) -> Labelled:
    rows = _read(folder / "er_fake1000" / "fake_1000.csv.gz")
    records = [
        features(
            kind="person",
            names=[f"{row['first_name']} {row['surname']}"],
            birth_date=row["dob"] or None,
            points=[("email", row["email"])] if row["email"] else [],
            address=_address(city=row["city"]),
        )
        for row in rows
    ]
    return Labelled("fake1000", rows, records, _true(row["cluster"] for row in rows))


def _companies(folder: Path) -> Labelled:
    listed = _read(folder / "zh_company_names" / "listed_companies.csv.gz")
    rows = [{"code": one["code"], "name": one[name]} for one in listed for name in ("short_name", "full_name")]
    records = [features(kind="organisation", names=[row["name"]]) for row in rows]
    return Labelled("zh_company_names", rows, records, _true(row["code"] for row in rows))


def _restaurants(folder: Path) -> Labelled:
    rows: list[Row] = []
    known: dict[tuple[str, ...], int] = {}
    true, judged = set[Pair](), set[Pair]()
    for part in ("train", "valid", "test"):
        for line in _read(folder / "er_restaurants" / f"{part}_pairs.csv.gz"):
            sides = []
            for side in ("left", "right"):
                row = {name: line[f"{side}_{name}"] for name in ("name", "addr", "city", "phone", "type")}
                key = (side, *row.values())
                if key not in known:
                    known[key] = len(rows)
                    rows.append(row)
                sides.append(known[key])
            pair = (min(sides), max(sides))
            judged.add(pair)
            if line["label"] == "1":
                true.add(pair)
    return Labelled("restaurants", rows, [_restaurant(row) for row in rows], frozenset(true), frozenset(judged))


def _restaurant(row: Row) -> Features:
    digits = "".join(filter(str.isdigit, row["phone"]))
    return features(
        kind="organisation",
        names=[row["name"]],
        points=[("phone", f"+1{digits}")] if digits else [],
        address=_address(line=row["addr"], city=row["city"]),
    )


def _address(**parts: str) -> Address:
    return Address(**{name: value.strip() or None for name, value in parts.items()})


def _true(entities: Iterator[str]) -> frozenset[Pair]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, entity in enumerate(entities):
        groups[entity].append(number)
    return frozenset(pair for some in groups.values() for pair in combinations(some, 2))


SETS: Mapping[str, Callable[[Path], Labelled]] = {
    "febrl1": _febrl(1),
    "febrl2": _febrl(2),
    "febrl3": _febrl(3),
    "fake1000": _fake,
    "restaurants": _restaurants,
    "zh_company_names": _companies,
}
