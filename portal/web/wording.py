"""Words for what is stored as a word of the machine."""

from __future__ import annotations

from flask_babel import lazy_gettext

KINDS = {
    "invoice": lazy_gettext("Invoice"),
    "payment": lazy_gettext("Payment"),
    "credit_note": lazy_gettext("Credit note"),
    "debit": lazy_gettext("Debit"),
    "credit": lazy_gettext("Credit"),
    "refund": lazy_gettext("Refund"),
    "transfer": lazy_gettext("Transfer"),
    "business": lazy_gettext("Business"),
    "individual": lazy_gettext("Individual"),
    "active": lazy_gettext("Active"),
    "paused": lazy_gettext("Paused"),
    "stopped": lazy_gettext("Stopped"),
}
"""Kinds of entries and of customers, and states of services."""

PERIODS = {
    "week": lazy_gettext("week"),
    "month": lazy_gettext("month"),
    "quarter": lazy_gettext("quarter"),
    "year": lazy_gettext("year"),
}
"""What a price is for, as in “a month”."""


def kind_word(kind: str) -> str:
    """The word of a kind or state, to begin with or alone."""
    return str(KINDS[kind])


def period_word(period: str) -> str:
    """The word of a period, inside a sentence."""
    return str(PERIODS[period])
