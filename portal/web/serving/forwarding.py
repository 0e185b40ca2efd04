"""Addresses that a proxy in front forwards: believed as often as proxies are configured, and never else (SEC55).

Without PORTAL_TRUSTED_PROXIES everybody behind a proxy has its address, and one guesser slows all of them down: the
log says so once for each process, and `flask doctor` for a week.
"""

from __future__ import annotations

from ipaddress import ip_address

import structlog
from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import Settings
from portal.outside import forwarding

HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")

log = structlog.get_logger("portal.web")


def register(app: Flask) -> None:
    """Believe the configured number of proxies, or look out for one that nobody configured."""
    settings: Settings = app.config["PORTAL_SETTINGS"]
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
        return
    told: list[str] = []

    def look_out() -> None:
        """Anybody can send such a header; a proxy of one's own has an address of one's own network."""
        found = [name for name in HEADERS if name in request.headers]
        if found and not told and _is_near(request.remote_addr or ""):
            told.extend(found)
            forwarding.note(settings.instance_dir)
            log.warning("forwarded addresses are ignored", header=found[0], setting="PORTAL_TRUSTED_PROXIES")

    app.before_request(look_out)


def _is_near(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return False
