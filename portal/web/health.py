"""For machines that watch the portal: is it alive, is it ready, how much is waiting, and whom to tell of a hole."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from portal.actions import health
from portal.config import Settings
from portal.outside import clock
from portal.rules.errors import Missing
from portal.web.guard import public

bp = Blueprint("operations", __name__)

SECURITY_TEXT_LASTS = timedelta(days=180)


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """This process answers; nothing else is asked."""
    return jsonify(alive=True)


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Whether the portal can do its work: 200 or 503, with yes or no for each part and no detail (SEC54)."""
    found = health.readiness()
    body = jsonify(
        ready=found.ready,
        database=found.database,
        schema=found.schema,
        outbox=found.outbox,
        worker=found.worker,
        disk=found.disk,
    )
    return body, 200 if found.ready else 503


@bp.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Figures for Prometheus, for the bearer of PORTAL_METRICS_TOKEN; not there for anybody else (SEC54)."""
    token = _settings().metrics_token
    given = request.headers.get("Authorization", "")
    if token is None or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise Missing()
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(_Portal())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> ResponseReturnValue:
    """Where to report a weakness (RFC 9116)."""
    settings = _settings()
    expires = (clock.now() + SECURITY_TEXT_LASTS).replace(microsecond=0)
    lines = [
        f"Contact: mailto:{parseaddr(settings.mail_from)[1]}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


class _Portal(Collector):
    """The portal's own figures. They come from the database, so every web process tells the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        figures = health.figures()
        for name, what, counts in (
            ("kith_outbox_messages", "Messages in the outbox by state", figures.mail),
            ("kith_jobs", "Background jobs by state", figures.jobs),
        ):
            family = GaugeMetricFamily(name, what, labels=["state"])
            for state, count in counts.items():
                family.add_metric([state], count)
            yield family
        yield GaugeMetricFamily(
            "kith_outbox_overdue_seconds", "How long the oldest due message waits to be taken", figures.overdue_seconds
        )
        if figures.beat_age_seconds is not None:
            yield GaugeMetricFamily(
                "kith_worker_beat_age_seconds", "Since when no worker has been heard of", figures.beat_age_seconds
            )


def _settings() -> Settings:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings
