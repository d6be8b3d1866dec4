"""A made-up firm's customers: persons and firms whose names, places and numbers repeat as real ones do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from customer_profile.customers.rules import ContactPoint, Customer, new_customer
from guanxi.events.inbound.profiles import Address
from guanxi.ports import SystemIds

_FAMILIES = (
    "王李張劉陳楊黃趙吳周徐孫馬朱胡郭何高林羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董袁潘蔣蔡余杜葉程蘇魏呂丁任沈姚盧姜崔鍾譚"
    "陸汪范金石廖賈夏韋付方白鄒孟熊秦邱江尹薛閻段雷侯龍史陶黎賀顧毛郝龔邵萬錢嚴覃武戴莫孔向湯"
)
_GIVEN = (
    "偉芳娜敏靜麗強磊軍洋勇艷杰娟濤明超秀霞平剛桂英華玉蘭紅建國文輝志海燕鵬飛雪梅丹萍宇浩鑫波斌雲龍林峰凱欣怡子涵雨"
    "晨嘉俊思琪佳夢瑤博家豪天成永康慧穎瑞祥"
)
_BRANDS = (
    "恒信金橋東方鴻運順達博雅華彩新友大成明珠青松白楊長江遠航瑞豐盛世天龍海潤中原宏圖騰飛康泰嘉禾百川星辰曙光凱旋潤"
    "澤豐年德隆茂盛"
)
_PLACES = [
    "太原",
    "大同",
    "杭州",
    "廣州",
    "深圳",
    "成都",
    "武漢",
    "西安",
    "長春",
    "廈門",
    "蘇州",
    "青島",
    "鄭州",
    "南昌",
    "昆明",
]
_TRADES = [
    "煤業",
    "貿易有限公司",
    "禮品店",
    "物流",
    "機械廠",
    "建材",
    "食品有限公司",
    "科技",
    "電子",
    "文化傳播",
    "家具",
    "旅行社",
    "制藥",
    "汽配",
]
_IDS = SystemIds()


@dataclass(frozen=True, slots=True)
class World:
    """Where the dice come from and the moment of registration."""

    dice: random.Random
    now: datetime


def customers(world: World, many: int) -> Iterator[Customer]:
    """So many customers, three in five of them persons."""
    for _ in range(many):
        yield _person(world) if world.dice.random() < 0.6 else _firm(world)  # noqa: PLR2004 - as said


def again(world: World, known: Customer) -> Customer:
    """The same customer as another source writes it: the name shorter or the number gone, the rest as it was."""
    name = (known.name or "").replace("有限公司", "").replace("店", "商行")
    points = known.contact_points if world.dice.random() < 0.7 else ()  # noqa: PLR2004 - as it happens
    fresh = tuple(replace(point, id=_IDS.new()) for point in points)
    one = replace(known, id=_IDS.new(), name=name)
    one = replace(one, canonical_id=one.id)
    return replace(one, contact_points=fresh)


def _person(world: World) -> Customer:
    dice = world.dice
    name = dice.choice(_FAMILIES) + "".join(dice.choice(_GIVEN) for _ in range(dice.choice((1, 2, 2))))
    born = date(1945, 1, 1) + timedelta(days=dice.randrange(22_000))
    return _known(world, kind="person", name=name, birth_date=born, address=_address(dice))


def _firm(world: World) -> Customer:
    dice = world.dice
    brand = dice.choice(_BRANDS) + dice.choice(_BRANDS)
    name = f"{dice.choice(_PLACES)}{brand}{dice.choice(_TRADES)}"
    who = dice.choice(_FAMILIES) + dice.choice(_GIVEN) + dice.choice(_GIVEN)
    return _known(world, kind="organisation", name=name, contact_person=who, address=_address(dice))


def _known(world: World, **own: Any) -> Customer:
    number = f"+861{world.dice.randrange(3_000_000_000, 9_999_999_999)}"
    one = new_customer(_IDS.new(), "head-office", world.now, **own)
    return replace(one, contact_points=(ContactPoint(_IDS.new(), "phone", number),))


def _address(dice: random.Random) -> Address:
    line = f"{dice.choice(_GIVEN)}{dice.choice(_GIVEN)}路{dice.randrange(1, 400)}號"
    return Address(country="CN", city=dice.choice(_PLACES), line=line, postcode=f"{dice.randrange(30_000, 39_999):06}")


def world(seed: int) -> World:
    """Dice of a seed, and now."""
    return World(random.Random(seed), datetime.now(UTC))
