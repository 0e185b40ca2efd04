"""What the Statements page shows, put together once for the portal and for the back office."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from portal.actions.access import Profile
from portal.actions.invoices import due
from portal.actions.invoices.due import DueNow
from portal.actions.statements import view as statements
from portal.actions.statements.names import Format
from portal.actions.statements.view import Choice, StatementRequest
from portal.actions.statements.work import needs_job
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.rules.statements.figures import Line, OtherPayer, Statement
from portal.rules.statements.words import activity_of, heading_of
from portal.rules.suggestions import taken
from portal.rules.texts import identifier
from portal.web.addresses import PLACEHOLDER, alike
from portal.web.statements.charts import BalanceChart, balance_chart
from portal.web.statements.forms import (
    BY_ACCOUNT,
    EVERY_ACCOUNT,
    SELECT_UP_TO,
    FilterForm,
    QuickPeriod,
    quick_periods,
)
from portal.web.statements.rows import AccountsPanel, Table, accounts_panel, table_of


@dataclass(frozen=True, slots=True)
class Places:
    """Where the page's links lead: endpoints by what they do, and `build(endpoint, **values)` that makes addresses.

    `fixed` values are part of every address. An empty endpoint takes its link away; `everything` says that the books
    of any payer may be opened from here.
    """

    build: Callable[..., str]
    view: str
    download: str
    files: str
    save: str
    send: str
    entry: str
    accounts: str
    file: str = ""
    sent: str = ""
    everything: bool = False
    invoice: str = ""
    credit_note: str = ""
    fixed: Mapping[str, object] = field(default_factory=dict)

    def to(self, what: str, **values: object) -> str:
        """The address of `what` (the name of one of the fields), or "" if there is none."""
        endpoint = getattr(self, what)
        return self.build(endpoint, **self.fixed, **values) if endpoint else ""

    def pattern(self, what: str, name: str) -> str:
        """The address of `what` with {name} in the place of a public id that is not known yet."""
        return self.to(what, **{name: PLACEHOLDER}).replace(PLACEHOLDER, f"{{{name}}}")


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """Everything the template needs. Without `statement` the form has errors or `reasons` say why it is not shown.

    `shared` are the whole balances of today where the customer shares somebody else's and sees a part of them here;
    `due` is what the customer has to pay now, under its own books.
    """

    customer: Profile
    places: Places
    form: FilterForm
    choices: list[Choice]
    today: date
    wanted: StatementRequest | None = None
    statement: Statement | None = None
    reasons: tuple[Reason, ...] = ()
    table: Table | None = None
    chart: BalanceChart | None = None
    accounts: AccountsPanel | None = None
    shared: statements.Balances | None = None
    due: DueNow | None = None

    @property
    def many_accounts(self) -> bool:
        """Whether the account is typed and found instead of chosen from a menu."""
        return len(self.choices) > SELECT_UP_TO

    @property
    def has_accounts(self) -> bool:
        return len(self.choices) > 1

    @property
    def grouped(self) -> bool:
        """Whether the lines stand account by account (S4)."""
        return self.form.grouped and self.accounts is not None

    @property
    def status(self) -> int:
        """The status of the answer that carries the page."""
        return 422 if self.form.errors else 409 if self.reasons else 200

    @property
    def args(self) -> dict[str, str]:
        """The filters as an address holds them."""
        wanted = self.wanted
        if wanted is None:
            return {}
        named = {
            "account": wanted.account or EVERY_ACCOUNT,
            "from": wanted.first.isoformat(),
            "to": wanted.last.isoformat(),
            "type": wanted.record_type.value,
            "payer": wanted.payer or "",
            "group": BY_ACCOUNT if self.grouped else "",
        }
        return {name: value for name, value in named.items() if value}

    @property
    def heading(self) -> Sentence:
        """Whose statement, and when: "Harbour branch, November 2026"."""
        assert self.statement is not None
        return heading_of(self.statement)

    @property
    def activity(self) -> Sentence:
        """What a part of somebody's books did in the period; nothing for whole books (S13)."""
        assert self.statement is not None
        return NOTHING if self.statement.balance else activity_of(self.statement)

    @property
    def whole_url(self) -> str:
        """The statement of the whole that a part belongs to, where it may be seen from here."""
        assert self.statement is not None
        if self.statement.payer.public_id != self.customer.public_id:
            return ""
        return self.view_url(account=EVERY_ACCOUNT, payer=None, group=None)

    @property
    def caption(self) -> Sentence:
        """The same for the table of its lines."""
        assert self.statement is not None
        currency = self.statement.currency
        return say("{heading}, amounts in {currency}", heading=self.heading, currency=currency)

    def view_url(self, **changes: object) -> str:
        """This page with some filters changed."""
        return self.places.to("view", **{**self.args, **changes})

    @property
    def entry_url(self) -> Callable[[str], str]:
        """The page of a line's entry by its public id (S10)."""
        return alike(lambda entry: self.places.to("entry", entry=entry))

    @property
    def line_url(self) -> Callable[[Line], str]:
        """The page of a line's document (S10): its invoice or credit note, or its entry. What takes either back is an
        entry only, and stands on the other side.
        """
        entry = self.entry_url
        invoice = alike(lambda one: self.places.to("invoice", invoice=one))
        note = alike(lambda one: self.places.to("credit_note", note=one))

        def url(line: Line) -> str:
            if line.kind == "invoice" and line.is_debit:
                return invoice(line.entry) or entry(line.entry)
            if line.kind == "credit_note" and line.amount_minor > 0:
                return note(line.entry) or entry(line.entry)
            return entry(line.entry)

        return url

    @property
    def account_url(self) -> Callable[[str], str]:
        """This page for one account by its public id."""
        return alike(lambda account: self.view_url(account=account, group=None))

    def payer_url(self, other: OtherPayer) -> str:
        """The same account on another payer's books, where they may be opened (S11)."""
        assert self.statement is not None
        own = other.payer.public_id == self.customer.public_id
        shared = self.customer.is_secondary and other.payer.public_id == self.customer.mate_public_id
        if not (self.places.everything or own or shared):
            return ""
        about = self.statement.account or self.statement.payer
        whole = about.public_id == other.payer.public_id == self.customer.public_id
        account = EVERY_ACCOUNT if whole else about.public_id
        return self.view_url(account=account, payer=other.payer.public_id, group=None)

    @property
    def periods(self) -> list[tuple[QuickPeriod, str, bool]]:
        """Quick links: the period, its address, and whether it is the one shown."""
        shown = (self.wanted.first, self.wanted.last) if self.wanted else None
        return [
            (one, self.view_url(**{"from": one.first, "to": one.last, "page": None}), (one.first, one.last) == shown)
            for one in quick_periods(self.today)
        ]

    def share(self, key: str, *, short: bool) -> list[dict[str, object]]:
        """What can be done with the statement shown, for the bar (`short` labels) or the menu; `key` is for saving."""
        items: list[dict[str, object]] = []
        if save := self.places.to("save"):
            saving = {"label": say("Save to Documents"), "url": save, "method": "post", "icon": "save"}
            items.append({**saving, "fields": self.args, "key": key})
        items += [
            self._download(Format.PDF, say("PDF") if short else say("Download PDF"), "download", key),
            self._download(Format.CSV, say("CSV") if short else say("Download CSV"), "table", key),
            self._download(Format.XLSX, say("Excel") if short else say("Download Excel"), "table", key),
        ]
        if send := self.places.to("send", **self.args):
            items.append(
                {
                    "label": say("Send…") if short else say("Send by email"),
                    "url": send,
                    "icon": "send",
                    "tone": "primary",
                }
            )
        return items

    def _download(self, form: Format, label: Sentence, icon: str, key: str) -> dict[str, object]:
        assert self.statement is not None
        item: dict[str, object] = {"label": label, "icon": icon}
        if needs_job(len(self.statement.lines), form):
            started = {"url": self.places.to("files"), "method": "post", "detail": say("Made in the background")}
            return {**item, **started, "fields": {**self.args, "form": form.value}, "key": f"{key}-{form.value}"}
        return {**item, "url": self.places.to("download", form=form.value, **self.args), "download": True}


def look(actor: Actor, customer: Profile, args: Mapping[str, str], places: Places) -> ShownStatement:
    """The statement that `args` (account, from, to, type, payer, group, page) ask for on `customer`'s page.

    Raises NotAllowed and Missing; what is wrong with the filters is in the form, and refusals are in `reasons`.
    """
    today = statements.today_for(customer)
    choices = statements.choices(actor, customer, limit=SELECT_UP_TO)
    form = FilterForm.from_request(args, choices, today)
    shown = ShownStatement(customer, places, form, choices, today)
    wanted = form.wanted()
    if wanted is None:
        return shown
    try:
        wanted = _found_account(actor, shown, wanted)
        statement = statements.view(actor, customer, wanted)
    except Invalid as error:
        form.add_errors(error)
        return shown
    except Refused as error:
        return replace(shown, wanted=wanted, reasons=error.reasons)
    shown = replace(shown, wanted=wanted, statement=statement)
    if customer.is_secondary and statement.payer.public_id == customer.mate_public_id:
        shown = replace(shown, shared=statements.balance_of(customer))
    if statement.balance and not places.everything and statement.payer.public_id == customer.public_id:
        shown = replace(shown, due=due.on_page(statement, customer))
    return _with_figures(shown, args.get("page", "1"))


def read_request(actor: Actor, customer: Profile, args: Mapping[str, str]) -> StatementRequest:
    """The filters of a link or a form that we made ourselves. Raises Invalid for what does not read."""
    own = Choice(customer.public_id, customer.reference, customer.name)
    form = FilterForm.from_request(args, [own], statements.today_for(customer))
    wanted = form.wanted()
    if wanted is None:
        raise Invalid({str(name): [verbatim(str(text)) for text in texts] for name, texts in form.errors.items()})
    return wanted


def _with_figures(shown: ShownStatement, page: str) -> ShownStatement:
    statement = shown.statement
    assert statement is not None
    shown = replace(shown, accounts=accounts_panel(statement), chart=balance_chart(statement))
    account = statement.account
    if shown.many_accounts:
        shown.form.account.data = f"{account.name} ({account.reference})" if account else ""
    elif account is not None and shown.has_accounts:
        shown.form.account.data = account.public_id
    return replace(shown, table=table_of(statement, int(page) if page.isdecimal() and len(page) < 7 else 1))


def _found_account(actor: Actor, shown: ShownStatement, wanted: StatementRequest) -> StatementRequest:
    """The request with the account that was typed into the search field, by its public id. Raises Invalid."""
    typed = identifier(wanted.account or "")
    if not shown.many_accounts or not typed:
        return replace(wanted, account=typed or None)

    def find(text: str) -> Sequence[Choice]:
        return statements.find_accounts(actor, shown.customer.public_id, text)

    if suggested := taken(typed, find, identifier):
        return replace(wanted, account=suggested.public_id)
    found = find(typed)
    exact = [one for one in found if typed in (one.public_id, one.reference) or one.name == typed]
    if len(exact or found) == 1:
        return replace(wanted, account=(exact or found)[0].public_id)
    if not found:
        text = say("No account here is called “{typed}”. Type a part of its name, or its number.", typed=typed[:60])
        raise Invalid({"account": text})
    names = tuple(say("{name} ({reference})", name=one.name, reference=one.reference) for one in found[:5])
    text = say("Several accounts match “{typed}”: {names}. Type one of them in full.", typed=typed[:60], names=names)
    raise Invalid({"account": text})


FILTERS = ("account", "from", "to", "type", "payer", "group")


def filters(sent: Mapping[str, str]) -> dict[str, str]:
    """The filters among what was sent; anything else is not looked at (SEC7)."""
    return {name: str(sent[name]) for name in FILTERS if sent.get(name)}


def format_named(name: str) -> Format:
    """The form of a file that an address names. Raises Missing for any other."""
    try:
        return Format(name)
    except ValueError:
        raise Missing() from None
