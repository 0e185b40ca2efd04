"""A partner's colours and logo, for every browser: at addresses that change with them, so that they are kept (O5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import Blueprint, Response, current_app, url_for

from portal.actions.partners import branding as actions
from portal.outside import clock
from portal.rules.partners.branding import Brand, shades
from portal.web.guard import public
from portal.web.serving.headers import LASTING
from portal.web.session import in_fault

_DOOR, _KEPT = "kith_door", timedelta(minutes=1)

bp = Blueprint("brand", __name__, url_prefix="/brand")


@bp.get("/<public_id:partner>/<version>.css")
@public
def colours(partner: str, version: str) -> Response:
    """The style sheet with the partner's shades, in the light and in the dark."""
    brand = actions.brand_of(partner)
    return _answer(style_of(brand), "text/css; charset=utf-8", version == version_of(brand))


@bp.get("/<public_id:partner>/<version>.png")
@public
def logo(partner: str, version: str) -> Response:
    """The partner's logo."""
    return _answer(actions.logo_of(partner), "image/png", version == actions.brand_of(partner).logo)


def at_the_door() -> Brand | None:
    """What the only partner chose, asked for once a minute; None where there are several, and while a fault is told.

    Anybody may ask for the door as often as they like: it costs the database nothing.
    """
    now = clock.now()
    kept: tuple[datetime, Brand | None] = current_app.extensions.get(_DOOR, (now, None))
    until, found = kept
    if in_fault() or now < until:
        return found
    found = actions.of_the_only_one()
    current_app.extensions[_DOOR] = now + _KEPT, found
    return found


def style_url(brand: Brand) -> str:
    """The address of the shades; empty where the partner chose no colour."""
    if not brand.colour:
        return ""
    return url_for("brand.colours", partner=brand.public_id, version=version_of(brand))


def logo_url(brand: Brand) -> str:
    """The address of the logo; empty where there is none."""
    return url_for("brand.logo", partner=brand.public_id, version=brand.logo) if brand.logo else ""


def style_of(brand: Brand) -> str:
    """The variables of the portal's style sheet that the partner's colour replaces."""
    if not brand.colour:
        return ""
    light, dark = (_rules(values) for values in shades(brand.colour))
    return (
        f":root{{{light}}}\n"
        f'[data-bs-theme="dark"]{{{dark}}}\n'
        f"@media (prefers-color-scheme:dark){{:root:not([data-bs-theme]){{{dark}}}}}\n"
    )


def version_of(brand: Brand) -> str:
    """What stands for the style sheet in its address."""
    return hashlib.sha256(style_of(brand).encode()).hexdigest()[:12]


def _rules(values: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in values.items())


def _answer(content: str | bytes, content_type: str, lasting: bool) -> Response:
    response = Response(content, content_type=content_type)
    if lasting:
        response.headers["Cache-Control"] = LASTING
    return response
