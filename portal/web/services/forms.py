"""Forms of services."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.validators import DataRequired

from portal.rules.sentences import say
from portal.rules.services import Deed, Period
from portal.web.fields import AmountField, DayField, NumberField, RateField
from portal.web.forms import PortalForm, options

PERIODS = (
    (Period.WEEK.value, say("A week")),
    (Period.MONTH.value, say("A month")),
    (Period.QUARTER.value, say("A quarter")),
    (Period.YEAR.value, say("A year")),
)


TOGETHER = ((Deed.PAUSE.value, say("Pause")), (Deed.RESUME.value, say("Resume")), (Deed.STOP.value, say("Stop")))


class ServiceChoiceForm(PortalForm):
    """Another plan of the catalogue, and how many of it; the choices are set by the page."""

    plan = RadioField(_("Which plan?"), validate_choice=False, choices=[])
    number = NumberField(_("How many"), missing=_("Enter how many."))
    first = DayField(_("From when?"), missing=_("Enter the day of the change."))


class ServiceDayForm(PortalForm):
    """The first day of a pause, of going on, or without the service."""

    first = DayField(_("From when?"), missing=_("Enter a day."))


class TogetherForm(PortalForm):
    """What is done with several services, and from when; the choices are set by the page."""

    services = SelectMultipleField(_("Which services?"), validate_choice=False, choices=[])
    deed = RadioField(_("What is done with them?"), choices=options(TOGETHER), default=Deed.STOP.value)
    first = DayField(_("From when?"), missing=_("Enter a day."))


class ServiceTermsForm(PortalForm):
    """A plan with its price, for administrators. Made with `meta=amounts_in(…)`."""

    plan = StringField(_("Plan"), validators=[DataRequired(_("Enter the plan."))])
    price = AmountField(_("Price"), missing=_("Enter an amount; 0 where it is free."))
    number = NumberField(_("How many"), missing=_("Enter how many."))
    period = RadioField(_("The price is for"), choices=options(PERIODS), default=Period.MONTH.value)
    first = DayField(_("From when?"), missing=_("Enter the first day."))


class NewServiceForm(ServiceTermsForm):
    """The same for a service that is new, with its tax rate."""

    rate = RateField(_("Tax rate"), description=_("Empty: as the customer or the partner has it."))
