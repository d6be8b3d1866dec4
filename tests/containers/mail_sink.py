"""A mail server that takes everything and keeps nothing: what the profile `mail` is for people."""

from __future__ import annotations

import asyncio


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    in_body = False
    while line := await reader.readline():
        word = line.strip().upper()
        if in_body and word != b".":
            continue
        was_body, in_body = in_body, not in_body and word == b"DATA"
        answer = b"354 go on\r\n" if in_body else b"250 taken\r\n"
        writer.write(b"221 bye\r\n" if word == b"QUIT" and not was_body else answer)
        if word == b"QUIT" and not was_body:
            break
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(take, "0.0.0.0", 1025)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
