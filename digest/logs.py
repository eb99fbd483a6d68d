"""What happened, to lines for whoever watches: words on a terminal, JSON in a pipe.  ~ world

An event is in the past tense, dotted, with keys: ``log.info("issue.released", issue=7)``. Ids,
never addresses: should one slip in, or a link that speaks for a reader, it is taken out here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import IO, Any

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import Processor

from digest.clock import Clock
from digest.plain import plain

Event = MutableMapping[str, Any]
_ADDRESS = re.compile(r"[^\s@<>\"'=:,;()\[\]{}/]+@[^\s@<>\"'=:,;()\[\]{}/]+")
# No token: a file of the letters' templates, such as letters/confirm/body.mjml.
_FILE = r"(?:subject\.txt|body\.txt|body\.mjml)(?![\w.~-])"
_LINK = re.compile(rf"/(unsubscribe|preferences|confirm|address|review)/(?!{_FILE})[\w.~-]+")
_LOUD = ("asyncio", "aiohttp", "alembic", "apscheduler", "uvicorn")  # theirs only from warnings on


def logger(name: str) -> BoundLogger:
    """The log of a room, such as ``digest.web``."""
    made: BoundLogger = structlog.stdlib.get_logger(name)
    return made


def set_up(stream: IO[str], *, clock: Clock, level: int = logging.INFO) -> None:
    """Send everything that is logged, by us and by libraries, to ``stream``."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamped(clock),
        structlog.processors.format_exc_info,
        _discreet,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            processors=[*shared, ProcessorFormatter.remove_processors_meta, _renderer(stream)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _renderer(stream: IO[str]) -> Processor:
    if stream.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(sort_keys=True, default=plain, ensure_ascii=False)


def _stamped(clock: Clock) -> Processor:
    def stamp(_: object, __: str, event: Event) -> Event:
        event["at"] = clock().isoformat(timespec="milliseconds")
        return event

    return stamp


def _discreet(_: object, __: str, event: Event) -> Event:
    for name, value in event.items():
        event[name] = discreet(value) if isinstance(value, str) else value
    return event


def discreet(text: str) -> str:
    """``text`` without addresses and without the words that let a link's bearer act."""
    return _LINK.sub(r"/\1/[token]", _ADDRESS.sub("[address]", text))
