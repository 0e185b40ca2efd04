"""What a form sends beside its fields: the key that makes it count once, and the version it was opened with."""

from __future__ import annotations

from flask import request

from portal.web.guard import actor


def sent_key() -> str | None:
    """The idempotency key of the form that was sent, this person's alone, so that a double click has one effect."""
    key = request.form.get("idempotency_key", "")[:60]
    return f"{actor().login_id}:{key}" if key else None


def sent_number(name: str) -> int:
    """A whole number that a form carries hidden; 0 for anything else, which is no version of anything."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
