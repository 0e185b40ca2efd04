"""Forms of the timetable: what is offered, when it takes place, and what is changed of it."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.rules import texts
from portal.rules.bookings.files import MOST_PLACES, Timing, timing_of
from portal.rules.bookings.times import NoTime, read_start
from portal.rules.digits import tidied
from portal.rules.errors import Invalid
from portal.rules.sentences import Sentence, say
from portal.web.fields import AmountField, CountField, DayField, RateField
from portal.web.forms import PortalForm, options

WEEKDAYS = (
    ("MO", say("Monday")),
    ("TU", say("Tuesday")),
    ("WE", say("Wednesday")),
    ("TH", say("Thursday")),
    ("FR", say("Friday")),
    ("SA", say("Saturday")),
    ("SU", say("Sunday")),
)
REPEATS = (
    ("once", say("Only once")),
    ("weekly", say("Every week")),
    ("fortnightly", say("Every second week")),
    ("month_day", say("Every month, on the same day of it")),
    ("month_weekday", say("Every month, on the same weekday of it")),
    ("rule", say("By a rule of my own")),
)
_FIELDS = {"starts_at": "at", "rule": "rule", "except": "leaving_out", "minutes": "minutes"}


class ActivityForm(PortalForm):
    """What is offered. Made with `meta=amounts_in(…)` of its partner's currency."""

    name = StringField(_("Name"), validators=[DataRequired(_("Enter what it is called."))])
    description = TextAreaField(_("Description"))
    place = StringField(_("Usual place"))
    instructor = StringField(_("Usual instructor"))
    price = AmountField(_("Price for one person and session"), missing=_("Enter an amount; 0 where it is free."))
    tax_rate = RateField(_("Tax rate"), description=_("Empty: as the customer or the partner has it."))
    benefit_class = StringField(_("Class"), description=_("What memberships include, such as swim."))
    age_from = CountField(_("From age"))
    age_to = CountField(_("Up to age"))
    cancel_until = StringField(
        _("Free to cancel until"),
        description=_("How long before it begins, such as 2 days or 90 minutes. Empty: until it begins."),
    )
    book_from = StringField(_("Can be booked from"), description=_("Such as 4 weeks before. Empty: at any time."))
    book_until = StringField(_("Can be booked until"), description=_("Such as 2 hours before. Empty: until it begins."))


class WhenForm(PortalForm):
    """When sessions take place, and where."""

    first_on = DayField(_("First date"), missing=_("Enter the day of the first session."))
    at = StringField(_("Time"), description=_("On the clock at the place, such as 18:00. Empty: the whole day."))
    minutes = CountField(_("Minutes"))
    repeats = RadioField(_("Repeats"), choices=options(REPEATS), default="once")
    weekdays = SelectMultipleField(
        _("On these days"),
        choices=options(WEEKDAYS),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    times = CountField(_("How many dates"), description=_("Empty: without an end; a year ahead is written out."))
    rule = StringField(_("Rule"), description=_("RFC 5545, such as FREQ=MONTHLY;BYDAY=-1MO;COUNT=10."))
    leaving_out = StringField(_("Except on"), description=_("Dates such as 2026-12-24, with spaces between them."))
    capacity = CountField(_("Places"), missing=_("Enter how many people fit."))
    place = StringField(_("Place"))
    instructor = StringField(_("Instructor"))

    def timing(self) -> Timing:
        """When sessions are. Raises Invalid with sentences by field."""
        faults: dict[str, Sentence] = {}

        def wrong(column: str, sentence: Sentence) -> None:
            faults.setdefault(_FIELDS.get(column, column), sentence)

        assert self.first_on.data is not None
        at = tidied(self.at.data or "")
        starts = f"{self.first_on.data.isoformat()}T{at}" if at else self.first_on.data.isoformat()
        minutes = "" if self.minutes.data is None else str(self.minutes.data)
        found = timing_of(starts, minutes, self._rule(), self.leaving_out.data or "", "", wrong)
        if self.capacity.data is None or not 0 <= self.capacity.data <= MOST_PLACES:
            faults["capacity"] = say("Enter a number of places from 0 to {most}.", most=MOST_PLACES)
        if found is None or faults:
            raise Invalid(faults)
        return found

    def _rule(self) -> str:
        on, times = self.first_on.data, self.times.data
        count = f";COUNT={times}" if times is not None else ""
        days = ",".join(day for day, _label in WEEKDAYS if day in (self.weekdays.data or ()))
        by_day = f";BYDAY={days}" if days else ""
        weekday, number = WEEKDAYS[on.weekday()][0], (on.day - 1) // 7 + 1
        rules = {
            "weekly": f"FREQ=WEEKLY{by_day}{count}",
            "fortnightly": f"FREQ=WEEKLY;INTERVAL=2{by_day}{count}",
            "month_day": f"FREQ=MONTHLY;BYMONTHDAY={on.day}{count}",
            "month_weekday": f"FREQ=MONTHLY;BYDAY={-1 if number == 5 else number}{weekday}{count}",
            "rule": self.rule.data or "?",
        }
        return rules.get(self.repeats.data or "once", "")


class MoveForm(PortalForm):
    """Where a session goes to in time."""

    new_on = DayField(_("New date"), missing=_("Enter the new day."))
    at = StringField(_("Time"), description=_("On the clock at the place, such as 18:00."))
    minutes = CountField(_("Minutes"), missing=_("Enter how many minutes it lasts."))

    def starts(self) -> datetime:
        """The wall time. Raises Invalid."""
        assert self.new_on.data is not None
        return wall_time(self.at.data or "", self.new_on.data.isoformat())


class PlacesForm(PortalForm):
    """How many places a session has."""

    capacity = CountField(_("Places"), missing=_("Enter how many people fit."))


class ReasonForm(PortalForm):
    """Why something is called off; everybody concerned reads it."""

    reason = StringField(_("Reason"), validators=[DataRequired(_("Say why: everybody concerned reads it."))])


class SeriesForm(PortalForm):
    """How a series is from a day on."""

    since_on = DayField(_("From this day on"), missing=_("Enter the first day that changes."))
    at = StringField(_("Time"), description=_("On the clock at the place, such as 18:00."))
    minutes = CountField(_("Minutes"), missing=_("Enter how many minutes it lasts."))
    capacity = CountField(_("Places"), missing=_("Enter how many people fit."))
    place = StringField(_("Place"))
    instructor = StringField(_("Instructor"))


class EndSeriesForm(ReasonForm):
    """From when on a series is no more, and why."""

    since_on = DayField(_("From this day on"), missing=_("Enter the first day without it."))


def wall_time(at: str, day: str = "2000-01-01") -> datetime:
    """The time that was typed, on a day. Raises Invalid."""
    try:
        return read_start(f"{day}T{tidied(at)}")[0]
    except NoTime:
        raise Invalid({"at": say("“{text}” is not a time. Write it like 18:00.", text=at[:20])}) from None


def named(text: str | None) -> str:
    """A name as it is kept."""
    return texts.name(text or "")[:200]
