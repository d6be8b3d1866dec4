"""One JSON object a line, whoever logs: structlog, the standard library and uvicorn go through the same processors."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, BinaryIO

import orjson
import structlog
from opentelemetry import trace

from guanxi.telemetry._context import correlation_id
from guanxi.telemetry._redaction import redact_item, safe_key

_Event = MutableMapping[str, Any]
_QUIET = ("aiokafka", "asyncio", "httpx", "httpcore", "kafka")
_REPEATS = ("aiokafka", "kafka")
_REPEAT_SECONDS = 10.0
_SAFE = frozenset({"level", "timestamp", "service", "logger", "trace_id", "span_id", "correlation_id"})


def configure_logging(service: str, *, level: str = "INFO", stream: BinaryIO | None = None) -> None:
    """Log as JSON lines to `stream` (standard output). Run uvicorn with `log_config=None, access_log=False`."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _Enrich(service),
            redact_event,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.BytesLoggerFactory(stream or sys.stdout.buffer),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def redact_event(_logger: object, _method: str, event: _Event) -> _Event:
    """The processor that keeps secrets, personal data and forged lines out."""
    return {safe_key(key): value if key in _SAFE else redact_item(key, value) for key, value in event.items()}


class _Enrich:
    """Adds the service, the trace and the correlation id."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: object, _method: str, event: _Event) -> _Event:
        event["service"] = self._service
        present = trace.get_current_span().get_span_context()
        if present.is_valid:
            event["trace_id"] = f"{present.trace_id:032x}"
            event["span_id"] = f"{present.span_id:016x}"
            event.setdefault("correlation_id", correlation_id())
        return event


class _Bridge(logging.Handler):
    """Hands records of the standard library to structlog; a client library's repeated complaint once in ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_REPEATS) and self._again(record):
            return
        logger = structlog.get_logger()
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a wrong format string of a library must not break the work that logs it
            message = str(record.msg)
        logger.log(record.levelno, message, logger=record.name, exc_info=record.exc_info or None)

    def _again(self, record: logging.LogRecord) -> bool:
        # While a broker is away its client complains many times a second: 10 MB of log in a few minutes.
        place = (record.name, str(record.msg))
        if record.created - self._told.get(place, 0.0) < _REPEAT_SECONDS:
            return True
        self._told[place] = record.created
        return False


def _render(_logger: object, _method: str, event: _Event) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)
