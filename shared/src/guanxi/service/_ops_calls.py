"""How the operators' routes are called: which scopes they ask for."""

from typing import Annotated

from fastapi import Depends

from guanxi.http import Read, Write, read, write

ReadOps = Annotated[Read, Depends(read("ops:read"))]
WriteOps = Annotated[Write, Depends(write("ops:write"))]
