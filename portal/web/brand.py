"""A partner's colours and logo, for every browser: at addresses that change with them, so that they are kept (O5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from flask import Blueprint, Response, url_for

from portal.actions.partners import branding as actions
from portal.rules.partners.branding import Brand, shades
from portal.web.guard import public
from portal.web.serving.headers import LASTING

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
