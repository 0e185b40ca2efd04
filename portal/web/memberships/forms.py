"""Forms of memberships."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField

from portal.web.fields import DayField
from portal.web.forms import PortalForm


class BuyForm(PortalForm):
    """From when, and who pays; the choices of payers are set by the page."""

    first = DayField(_("From"), missing=_("Enter the first day."))
    payer = RadioField(_("Who pays"), validate_choice=False, choices=[])


class FreezeForm(PortalForm):
    """The first and the last day of rest."""

    first = DayField(_("From"), missing=_("Enter the first day."))
    last = DayField(_("To"), missing=_("Enter the last day."))


class AgainForm(PortalForm):
    """The first day in use again."""

    first = DayField(_("Used again from"), missing=_("Enter the first day in use again."))


class EndForm(PortalForm):
    """The last day, for the desk."""

    last = DayField(_("Last day"), missing=_("Enter the last day."))


class ChangeForm(PortalForm):
    """The plan it changes to; the choices are set by the page."""

    plan = RadioField(_("New plan"), validate_choice=False, choices=[])


class PlainForm(PortalForm):
    """Nothing to fill in: what is confirmed stands on the page."""
