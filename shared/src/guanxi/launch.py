"""Starting a service's process: what it is made of is loaded first, with the garbage collector at rest."""

from __future__ import annotations

import gc
from importlib import import_module


def launch(package: str) -> None:
    """Load `SERVICE` from a service's module `app` and run it by the command line of this process.

    Loading makes some hundred thousand objects that never go away; the collector would walk all of them again and
    again: 1.96 s of CPU with it, 1.63 s without, five times on every start of the platform.
    """
    gc.disable()
    service = import_module(f"{package}.app").SERVICE
    from guanxi.service import main  # noqa: PLC0415 - loaded, like the service, while the collector rests

    gc.freeze()
    gc.enable()
    main(service)
