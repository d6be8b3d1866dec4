"""A service with nothing of ours in it: the same libraries, a pool, a route. What no start can be faster than."""

from __future__ import annotations

import argparse
import asyncio

import aiokafka
import asyncpg
import fastapi
import sqlalchemy
import uvicorn
import uvloop


async def serve(url: str, port: int) -> None:
    """Connect and serve until stopped."""
    pool = await asyncpg.create_pool(url, min_size=1)
    app = fastapi.FastAPI()

    @app.get("/readyz")
    async def ready() -> dict[str, int]:
        return {"ready": await pool.fetchval("SELECT 1")}

    await uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, loop="none")).serve()


if __name__ == "__main__":
    assert aiokafka.__version__
    assert sqlalchemy.__version__
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.url, options.port))
