"""Pages for whoever holds a link: three languages, no script, no cookie, and so many tries."""

from guanxi.web._languages import LANGUAGES, Language, chosen
from guanxi.web._limits import LIMITED, Allowance, Buckets, Limits, LimitsOfApp
from guanxi.web._looks import Looks, clock, refusals

__all__ = [
    "LANGUAGES",
    "LIMITED",
    "Allowance",
    "Buckets",
    "Language",
    "Limits",
    "LimitsOfApp",
    "Looks",
    "chosen",
    "clock",
    "refusals",
]
