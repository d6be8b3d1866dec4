"""Pages for whoever holds a link: three languages, no script, no cookie, and so many tries."""

from guanxi.web._languages import LANGUAGES, Language, chosen
from guanxi.web._limits import Allowance, Buckets, Limits, LimitsOfApp
from guanxi.web._looks import Looks, clock

__all__ = ["LANGUAGES", "Allowance", "Buckets", "Language", "Limits", "LimitsOfApp", "Looks", "chosen", "clock"]
