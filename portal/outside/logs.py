"""Structured logs, one JSON object a line, without secrets (SEC50)."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from portal.rules import outward

_SECRETS = ("password", "token", "secret", "cookie", "authorization")


def _hide_secrets(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if any(word in key.lower() for word in _SECRETS):
            event[key] = "hidden"
    return event


class _Plain(logging.Formatter):
    """Lines of libraries, in which nothing keeps powers over the terminal that shows the log."""

    def format(self, record: logging.LogRecord) -> str:
        return outward.shown(super().format(record), keep="\n\t")


def configure(level: str) -> None:
    """Send logs of `level` and above to standard error."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Plain())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide_secrets,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
