"""Calls that are for internal units only: to an external one there is nothing here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from guanxi.http import NotFound, Read, Write, read, write


async def reading(call: Annotated[Read, Depends(read("complaints:read"))]) -> Read:
    """The call, when its caller is of an internal unit; else 404."""
    if not call.principal.internal:
        raise NotFound
    return call


async def writing(call: Annotated[Write, Depends(write("complaints:write"))]) -> Write:
    """The same of a call that writes once."""
    if not call.principal.internal:
        raise NotFound
    return call


async def changing(call: Annotated[Write, Depends(write("complaints:write", idempotent=False))]) -> Write:
    """The same of a call that changes a version."""
    if not call.principal.internal:
        raise NotFound
    return call


Reading = Annotated[Read, Depends(reading)]
Writing = Annotated[Write, Depends(writing)]
Changing = Annotated[Write, Depends(changing)]
