"""What people type to get a statement, and to send one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self, cast

from flask import request
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import EmailField, Form, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.fields.core import Field

from portal.actions.statements.mail import LONGEST_MESSAGE, LONGEST_SUBJECT, Draft, Letter
from portal.actions.statements.view import Choice, StatementRequest
from portal.rules.errors import Invalid
from portal.rules.periods import month_before, month_end, month_of
from portal.rules.sentences import Sentence, say
from portal.rules.statements.figures import RecordType
from portal.rules.texts import email
from portal.web import figures, forms
from portal.web.fields import DayField
from portal.web.forms import PortalForm

EVERY_ACCOUNT = "all"
BY_ACCOUNT = "account"
SELECT_UP_TO = 50
"""With more accounts than this the account is typed and found, not chosen from a list."""


@dataclass(frozen=True, slots=True)
class QuickPeriod:
    """A stretch of days with a name, for the quick links."""

    label: Sentence
    first: date
    last: date


def quick_periods(today: date) -> list[QuickPeriod]:
    """This month, last month, this quarter, this year; all whole."""
    month, before = month_of(today), month_before(today)
    quarter = month.replace(month=3 * ((month.month - 1) // 3) + 1)
    return [
        QuickPeriod(say("This month"), month, month_end(month)),
        QuickPeriod(say("Last month"), before, month_end(before)),
        QuickPeriod(say("This quarter"), quarter, month_end(quarter.replace(month=quarter.month + 2))),
        QuickPeriod(say("This year"), date(today.year, 1, 1), date(today.year, 12, 31)),
    ]


class FilterForm(Form):
    """Which statement is wanted. Its values stay what was typed; `wanted` reads them."""

    account = SelectField(_("Account"), validate_choice=False)
    first = DayField(_("From"), name="from", id="from")
    last = DayField(_("To"), name="to", id="to")
    records = SelectField(_("Records"), name="type", id="type", validate_choice=False)
    payer = HiddenField(_("Payer"))
    group = HiddenField(_("Order"))

    @classmethod
    def from_request(cls, args: Mapping[str, str], choices: Sequence[Choice], today: date) -> FilterForm:
        """The form with what the address says; this month where it says nothing."""
        values = MultiDict({key: str(value) for key, value in args.items()})
        month = quick_periods(today)[0]
        if not values.get("from", "").strip() and not values.get("to", "").strip():
            values["from"], values["to"] = month.first.isoformat(), month.last.isoformat()
        values.setdefault("account", EVERY_ACCOUNT)
        values.setdefault("type", RecordType.ALL.value)
        form = cls(values)
        form.records.choices = [(one.value, figures.text(one.label)) for one in RecordType]
        form.account.choices = account_options(choices)
        return form

    def wanted(self) -> StatementRequest | None:
        """What is asked for, or None with the errors beside the fields."""
        first, last = self._day(self.first), self._day(self.last)
        records = self._records()
        if first is None or last is None or records is None:
            return None
        account = str(self.account.data or EVERY_ACCOUNT).strip()
        return StatementRequest(
            first=first,
            last=last,
            account=None if account == EVERY_ACCOUNT else account,
            payer=str(self.payer.data or "").strip() or None,
            record_type=records,
            grouped=self.grouped,
        )

    @property
    def grouped(self) -> bool:
        """Whether the lines are wanted account by account (S4)."""
        return self.group.data == BY_ACCOUNT

    def add_errors(self, error: Invalid) -> None:
        """Put an action's sentences beside the fields they are about."""
        forms.add_errors(self, error, **{"from": "first", "to": "last", "type": "records"})

    def _day(self, field: DayField) -> date | None:
        if field.unread is not None:
            _add(field, field.unread)
        elif field.data is None:
            first, last = say("Enter the first day of the statement."), say("Enter the last day of the statement.")
            _add(field, first if field is self.first else last)
        return cast("date | None", field.data)

    def _records(self) -> RecordType | None:
        try:
            return RecordType(str(self.records.data))
        except ValueError:
            name = str(self.records.data)[:40]
            _add(self.records, say("There are no records called “{name}”. Choose from the list.", name=name))
            return None


def _add(field: Field, sentence: Sentence) -> None:
    field.errors = [*field.errors, figures.text(sentence)]


def account_options(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    """The account menu: everything, the payer itself, then the accounts it pays or paid for."""
    own, *others = choices
    if not others:
        return [(EVERY_ACCOUNT, own.name)]
    return [
        (EVERY_ACCOUNT, figures.text(say("All accounts"))),
        (own.public_id, figures.text(say("{name} only", name=own.name))),
        *((one.public_id, _called(one)) for one in others),
    ]


def _called(account: Choice) -> str:
    return figures.text(say("{name} (former)", name=account.name)) if account.former else account.name


class SendForm(PortalForm):
    """A letter with the statement attached. The action has the last word on every field."""

    recipient = RadioField(_("Send to"), validate_choice=False)
    subject = StringField(_("Subject"))
    message = TextAreaField(_("Message"))
    mark = HiddenField()

    limits = (LONGEST_SUBJECT, LONGEST_MESSAGE)

    @classmethod
    def about(cls, draft: Draft) -> Self:
        """The form with what was sent, or as the draft prefills it."""
        form = cls()
        form.recipient.choices = form.whom(draft)
        if request.method == "GET":
            form.recipient.data = draft.recipients[0].address if draft.recipients else ""
            form.subject.data, form.message.data, form.mark.data = draft.subject, draft.message, draft.mark
        return form

    def whom(self, draft: Draft) -> list[SelectChoice]:
        """The recipients to choose from: the addresses on file."""
        return forms.options((one.address, one.address) for one in draft.recipients)

    def letter(self) -> Letter:
        """What is to be sent."""
        return Letter(
            to=self._to(),
            subject=str(self.subject.data or "").strip(),
            message=str(self.message.data or "").replace("\r\n", "\n"),
        )

    def _to(self) -> str:
        return email(str(self.recipient.data or ""))


class SendAnywhereForm(SendForm):
    """The same for staff, who may also type an address that is not on file."""

    other = EmailField(_("Another email address"))

    def whom(self, draft: Draft) -> list[SelectChoice]:
        return [*super().whom(draft), *forms.options([("", figures.text(say("Another one")))])]

    def _to(self) -> str:
        return email(str(self.recipient.data or self.other.data or ""))
