"""The forms of messages to many, and of their templates (O2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from portal.actions.messages.sending import Wanted
from portal.rules.bookings.times import NoTime, read_start
from portal.rules.customers.status import Kind, Status
from portal.rules.errors import Invalid
from portal.rules.messages.filters import from_names
from portal.rules.messages.states import MessageKind, Way
from portal.rules.sentences import Sentence, say
from portal.web import wording
from portal.web.fields import OptionalDayField
from portal.web.figures import text
from portal.web.forms import PortalForm, options

LINKED = (("", say("Any")), ("main", say("Main accounts")), ("sub", say("Sub-accounts")), ("none", say("Neither")))
OWES = (("", say("Owing or not")), ("owes", say("Owes")), ("late", say("Past due")))
KINDS = (("", say("Any kind")), *((one.value, wording.KINDS[one.value]) for one in Kind))
FILTERS = ("partner", "main", "group", "text", "linked", "owes")


class MessageForm(PortalForm):
    """Who is to get a message, and what it says."""

    partner = SelectField(_("Partner"), default="")
    statuses = SelectMultipleField(
        _("Status"),
        choices=options((one.value, one.label) for one in Status),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    text = StringField(_("Search"), description=_("As in the search for customers."))
    main = StringField(_("Main account"), id="f-main", description=_("Its customer number: its sub-accounts get it."))
    group = StringField(_("Group"), description=_("The customer number of its Owner: its members get it."))
    customers = SelectField(_("Kind of customer"), choices=options(KINDS), default="")
    linked = SelectField(_("Links"), choices=options(LINKED), default="")
    owes = SelectField(_("House Account"), choices=options(OWES), default="")
    kind = RadioField(
        _("Kind"),
        choices=options((one.value, one.label) for one in MessageKind),
        default=MessageKind.NEWS.value,
    )
    ways = SelectMultipleField(
        _("By"),
        choices=options((one.value, one.label) for one in Way),
        default=[Way.EMAIL.value],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    subject = StringField(_("Subject"))
    message = TextAreaField(_("Text"))
    leaves = OptionalDayField(_("When"), _("Now"), _("At a day and time"), _("Day"))
    at = StringField(_("Time"), description=_("Such as 8:00, on the clock of the partner."))

    def wanted(self, zone: str) -> Wanted:
        """What was typed; `zone` is the clock by which it is to leave. Raises Invalid."""
        values = {name: str(self[name].data or "") for name in FILTERS}
        values |= {"status": ",".join(self.statuses.data or ()), "kind": str(self.customers.data or "")}
        return Wanted(
            MessageKind(self.kind.data),
            from_names(values),
            self.subject.data or "",
            self.message.data or "",
            ways=tuple(Way(one) for one in self.ways.data or ()),
            due_at=self._due(zone) if self.leaves.data else None,
        )

    def _due(self, zone: str) -> datetime:
        try:
            wall, _whole = read_start(f"{self.leaves.data.isoformat()}T{(self.at.data or '').strip()}")
        except NoTime:
            raise Invalid({"at": say("“{text}” is not a time. Write it like 8:00.", text=self.at.data or "")}) from None
        return wall.replace(tzinfo=ZoneInfo(zone))


def asked(filters: Mapping[str, str], partner: str) -> list[tuple[str, str]]:
    """Who was to get a message, as the form that asked for them says it; `partner` is the name of the one chosen."""
    form = MessageForm(formdata=None)
    fields = {"status": form.statuses, "kind": form.customers}
    found = []
    for name, value in filters.items():
        field = fields.get(name) or form[name]
        words = {one.value: one.label for one in getattr(field, "choices", None) or ()}
        said = ", ".join(_said(words.get(one, one)) for one in value.split(",")) if words else value
        found.append((str(field.label.text), partner if name == "partner" and partner else said))
    return found


def _said(word: object) -> str:
    return text(word) if isinstance(word, Sentence) else str(word)


class TemplateForm(PortalForm):
    """Words that are used again."""

    name = StringField(_("Name"))
    subject = StringField(_("Subject"))
    text = TextAreaField(_("Text"))
