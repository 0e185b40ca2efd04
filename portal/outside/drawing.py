"""Which letters statements as PDF can show on this machine."""

from __future__ import annotations

from flask import current_app

from portal.config import Settings

PLACEHOLDER = "▯"
"""What is drawn for a letter that no font has."""


def undrawable(text: str) -> str:
    """The letters of `text` that no font here has, each once. Loads the drawing code when it is first called."""
    from portal.outside.pdf import fonts

    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    fonts.install(settings.instance_dir / "fonts")
    return fonts.undrawable(text)
