"""A small world for the table of routes: a company with sub-accounts, two families, a stranger, every kind of staff."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from flask import Flask

from portal.actions import groups, logins
from portal.actions.bookings.timetable import add_sessions
from portal.actions.groups import GroupChoices, NewMember, Welcome
from portal.actions.invoices import crediting, issuing
from portal.actions.memberships import offers
from portal.actions.memberships import show as memberships
from portal.actions.messages import posting, sending, templates
from portal.actions.messages.sending import Wanted
from portal.actions.orders import catalogue, placing
from portal.actions.orders.catalogue import Draft as Article
from portal.actions.orders.placing import Wanted as Ordered
from portal.actions.staff import administrators, roles
from portal.actions.staff.roles import Draft
from portal.actions.statements import files as statement_files
from portal.actions.statements import mail as statement_mail
from portal.actions.statements.mail import Letter
from portal.actions.statements.view import StatementRequest
from portal.actions.tickets import finding as ticket_reading
from portal.actions.tickets import queue as ticket_queue
from portal.actions.tickets import writing as tickets
from portal.db import files as stored_files
from portal.db import services
from portal.db.billing import runs as billing_runs
from portal.db.bookings import bookings as booking_rows
from portal.db.bookings import timetable as session_rows
from portal.db.books import future_items
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.groups import members as group_rows
from portal.db.invoices import finding, requests
from portal.db.jobs import queue as job_rows
from portal.db.tickets import mails as ticket_mails
from portal.outside import clock
from portal.rules.bookings.files import timing_of
from portal.rules.books import EntryKind
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.groups import GroupRole
from portal.rules.holders import Role
from portal.rules.messages.filters import from_names
from portal.rules.messages.states import MessageKind, Way
from portal.rules.orders import ItemKind
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import verbatim
from portal.rules.services import Period
from portal.rules.tickets.mail import Outcome
from tests import invoices, people, timetable
from tests import logins as accounts
from tests.banks import opened, take_in
from tests.importing import clean
from tests.outside import files
from tests.outside.bank.writing import camt, details, entry, statement
from tests.pages import PageClient

CUSTOMERS = ("company", "branch", "franchise", "stranger")
FAMILY = ("parent", "nanny", "teen", "lapsed", "both")
"""Owner, Admin, Dependent, an Admin whose access has ended, and an Admin of this group and of another family's."""

SUBJECTS = (*CUSTOMERS, "teen", "child")
STAFF = {
    "frontdesk": Role.FRONT_OF_HOUSE,
    "administrator": Role.ADMINISTRATOR,
    "operations": Role.OPERATIONS,
    "super": Role.SUPER,
    "elsewhere": Role.SUPER,
}
PEOPLE = ("anonymous", *CUSTOMERS, *FAMILY, *STAFF)
"""`elsewhere` is a Super administrator bound to another partner."""

CLERK = frozenset(
    {
        Permission.STAFF_HOME,
        Permission.CUSTOMERS_VIEW,
        Permission.CUSTOMERS_CONTACT,
        Permission.CUSTOMERS_EDIT,
        Permission.CUSTOMERS_STATUS,
        Permission.SUB_ACCOUNTS_LINK,
        Permission.AUDIT_VIEW,
        Permission.ADMINISTRATORS_MANAGE,
    }
)
"""What `clerk` may do: an administrator with a custom role, and with one exception each way."""

CANARIES = {
    "company": 739157,
    "branch": 826413,
    "franchise": 915283,
    "stranger": 648239,
    "parent": 537921,
    "nanny": 462873,
    "teen": 385719,
    "child": 274651,
    "lapsed": 193547,
    "both": 957313,
    "othermum": 861947,
}
"""An amount in minor units that stands in one customer's books and nowhere else."""

WRITTEN = "7,391.57"
"""The company's amount as its own people write it in mails."""

VIEWER = "viewer@portal.test"
"""A login of the company that may see, and not its finances."""

MONTH = StatementRequest(date(2026, 11, 1), date(2026, 11, 30))


@dataclass(frozen=True, slots=True)
class World:
    """The customers by name, and what the placeholders of addresses stand for: the company's and the parent's."""

    customers: dict[str, Profile]
    places: dict[str, str]


def build() -> World:
    """Make the world with one of everything that an address can name."""
    for name in CUSTOMERS:
        made = people.customer(name, manages_sub_accounts=name == "company")
        accounts.login(made, f"{name}@portal.test", name.title())
        people.post(name, "invoice", 1000, "2026-11-02", description=f"canary of {name}")
        people.post(name, "payment", 1000, "2026-11-02")
        _owe(name)
        if name in ("branch", "franchise"):
            people.post(name, "payment", CANARIES[name], "2026-11-02")
    accounts.login(_profile("company"), VIEWER, "Viewer", scopes=(Scope.VIEW,))
    people.link("company", "branch")
    people.link("company", "franchise", "independent")
    elsewhere = people.partner("Elsewhere Ltd")
    for name, role in STAFF.items():
        accounts.administrator(f"{name}@portal.test", role, elsewhere if name == "elsewhere" else None)
    known = {name: _profile(name) for name in CUSTOMERS}
    role = _clerk()
    entry = people.post("branch", "invoice", 4990, "2026-11-03", description="Broadband")
    people.post("branch", "invoice", CANARIES["branch"], "2026-11-03")
    family = _families()
    known |= {name: _profile(name) for name in (*FAMILY, "child")}
    papers = _papers(entry.public_id)
    places = {**_places(known["company"]), **family, **_timetable()}
    return World(known, {**places, "role": role, "entry": entry.public_id, **papers})


def _timetable() -> dict[str, str]:
    """A series of the company's partner, with the company in its first session; what addresses name of it."""
    timetable.activity("lesson", name="Company", place="Company", instructor="Stranger")
    timing = timing_of("2026-12-07T18:00", "45", "FREQ=WEEKLY;COUNT=2", "", "", lambda column, text: None)
    assert timing is not None
    added = add_sessions(SYSTEM, "lesson", timing, 3, external_id="lesson")
    timetable.book("lesson/2026-12-07", "company")
    (booking,) = booking_rows.live_in([session_rows.session("lesson/2026-12-07").id])
    return {
        "session": added.sessions[0],
        "series": added.series,
        "booking": booking.public_id,
        "activity": session_rows.activity("lesson").public_id,
    }


def _papers(invoice: str) -> dict[str, str]:
    """The company's invoice for its branch, a credit note of it, and a draft."""
    note = crediting.issue(SYSTEM, crediting.Wanted(invoice, "given back", amount=100))
    draft = issuing.draft(SYSTEM, invoices.wanted("company", "Broadband|1|12.00|21"))
    return {"invoice": invoice, "note": note.public_id, "draft": draft.public_id, "request": _request(invoice)}


@writes
def _request(invoice: str) -> str:
    """The company's request to pay its invoice."""
    about, paper = _profile("company"), finding.papers(EntryKind.INVOICE, invoice)[0]
    parts = [(paper.id, 4890)]
    whose = {"partner_id": about.partner_id, "holder_id": about.id, "currency": about.currency}
    return requests.add("RF00PAY1", **whose, parts=parts, actor="test", at=clock.now())


def _owe(name: str) -> None:
    """An amount of its own in somebody's books, which the log tells as well."""
    people.post(name, "invoice", CANARIES[name], "2026-11-02")


def _clerk() -> str:
    """The administrator `clerk` with a role of their own; the public id of another role that nobody has."""
    allowed = CLERK - {Permission.AUDIT_VIEW} | {Permission.OUTBOX_VIEW}
    roles.add_role(SYSTEM, Draft("Clerk", "", allowed))
    logins.create_administrator(SYSTEM, email="clerk@portal.test", name="Clerk", role="Clerk", password=people.PASSWORD)
    clerk = accounts.signed_in("clerk@portal.test").login_public_id
    administrators.set_permissions(SYSTEM, clerk, CLERK)
    return roles.add_role(SYSTEM, Draft("Reading", "", frozenset({Permission.CUSTOMERS_VIEW})))


def _families() -> dict[str, str]:
    """Two groups that share one carer and know nothing of each other; what addresses name of the first."""
    born = {"teen": date(2011, 5, 3), "child": date(2018, 9, 21), "otherchild": date(2019, 1, 1)}
    for name in (*FAMILY, "child", "othermum", "otherchild"):
        made = people.customer(name, kind="individual", born_on=born.get(name))
        if "child" not in name:
            accounts.login(made, f"{name}@portal.test", name.title())
        people.post(name, "invoice", 1000, "2026-11-02", description=f"canary of {name}")
        people.post(name, "payment", 1000, "2026-11-02")
        if name in CANARIES:
            _owe(name)
    groups.switch_groups(SYSTEM, True)
    partner = _profile("parent").partner_public_id
    groups.change_choices(SYSTEM, partner, GroupChoices(None, True, 2, 18))
    ours = groups.create(SYSTEM, "parent", "Parent", NewMember("child", GroupRole.DEPENDENT, "Child"))
    theirs = groups.create(SYSTEM, "othermum", "Parent", NewMember("otherchild", GroupRole.DEPENDENT, "Child"))
    groups.add_member(SYSTEM, ours.group, NewMember("teen", GroupRole.DEPENDENT, "Child"))
    scopes = frozenset({Scope.VIEW, Scope.BOOK, Scope.DOCUMENTS})
    groups.add_member(SYSTEM, ours.group, NewMember("nanny", GroupRole.ADMIN, "Nanny", scopes, date(2027, 6, 30)))
    for group in (ours, theirs):
        groups.add_member(SYSTEM, group.group, NewMember("both", GroupRole.ADMIN, "Carer", frozenset({Scope.VIEW})))
    lapsed = groups.add_member(SYSTEM, ours.group, NewMember("lapsed", GroupRole.ADMIN, "Carer"))
    _end(lapsed.member)
    parent = accounts.signed_in("parent@portal.test").actor
    groups.invite(parent, ours.group, Welcome("guest@portal.test", "Guest", GroupRole.ADMIN))
    (waiting,) = groups.my_group(parent, ours.group).invitations
    return {
        "group": ours.group,
        "member": ours.member,
        "guest": waiting.public_id,
        "label": groups.labels()[0].public_id,
    }


@writes
def _end(member: str) -> None:
    """Let a membership have ended yesterday, as time would."""
    found = group_rows.member(member)
    assert found is not None
    group_rows.change_member(found, until=date(2026, 11, 21))


def _profile(name: str) -> Profile:
    found = customers.by_reference(name)
    assert found is not None
    return found


@writes
def _run(partner_id: int) -> str:
    """A billing run that issued nothing."""
    begun = billing_runs.begin(partner_id, date(2026, 11, 1), actor="test", at=clock.now())
    assert begun is not None
    return begun[1]


def _places(company: Profile) -> dict[str, str]:
    me = accounts.signed_in("company@portal.test")
    boss = accounts.signed_in("super@portal.test").actor
    own = company.public_id
    recipient = statement_mail.draft(me.actor, own, MONTH).recipients[0].address
    letter = Letter(recipient, f"{WRITTEN} to pay", f"Here it is: {WRITTEN} to pay.")
    invited = logins.invite_login(boss, own, "new@portal.test", "New Person", frozenset(Scope))
    assert me.actor.login_id is not None
    head = "external_id,customer,date,kind,amount\n"
    clean("transactions", f"{head}rental,{company.reference},2026-11-05,future_item,5.00\n")
    bank = take_in(camt(statement("0.00", "5.00", [entry("5.00", details("Bank"))])), partner=company.partner_name)
    return {
        "file": bank.file,
        "line": opened(bank.file).lines[0].line.public_id,
        "item": _waiting(company),
        "service": _service(company),
        **_ordered(company),
        **_held(company),
        **_written(company),
        **_ticket(me.actor),
        "document": str(statement_files.save(me.actor, own, MONTH).document),
        "mail": str(statement_mail.send(me.actor, own, MONTH, letter).mail),
        "message": str(statement_mail.send(me.actor, own, MONTH, letter).mail),
        "job": _job(me.actor.login_id, company.id),
        "run": _run(company.partner_id),
        "session_id": me.session_public_id,
        "login": logins.logins_of(boss, own)[0].public_id,
        "invitation": invited.public_id,
        "partner": company.partner_public_id,
        "version": "0",
        "form": "csv",
        "index": "0",
        "token": "a-token-nobody-has",
        "filename": "portal.css",
    }


def _ticket(company: Actor) -> dict[str, str]:
    """A ticket of the company with a file and an internal note, a canned answer, and a mail from nobody."""
    picture = io.BytesIO(files.png())
    made = tickets.open_ticket(company, "company", "Company", "Company", [(picture, "dot.png")]).ticket
    tickets.note(SYSTEM, made, "canary of the note")
    thread = ticket_reading.look(SYSTEM, made)
    (attached,) = next(iter(thread.files.values()))
    canned = ticket_queue.keep_canned(SYSTEM, "Company", "Company")
    return {"ticket": made, "attachment": attached.public_id, "canned": canned, "letter": _letter()}


@writes
def _letter() -> str:
    return ticket_mails.add(
        message_id="<one@example.test>",
        sender="nobody@example.test",
        sender_name="Nobody",
        subject="Hello",
        outcome=Outcome.UNKNOWN,
        reason=verbatim("Nobody"),
        ticket_id=None,
        file_id=stored_files.keep(b"Hello", "message/rfc822"),
    )


def _held(company: Profile) -> dict[str, str]:
    """A plan that is sold, and a membership of it."""
    head = "external_id,name,partner,price,period,freeze_days\n"
    clean("membership-plans", f"{head}gym,Gym,{company.partner_name},30.00,month,30\n")
    clean("memberships", f"external_id,plan,customer,from\ngym/company,gym,{company.reference},2026-11-01\n")
    bought = memberships.one(SYSTEM, "gym/company")
    return {"membership": bought.public_id, "plan": offers.for_customer(SYSTEM, company)[0].public_id}


def _written(company: Profile) -> dict[str, str]:
    """A message to the company in the portal, and a template."""
    to = from_names({"partner": company.partner_name, "text": company.name})
    wanted = Wanted(MessageKind.NEWS, to, "News", "Hello {name}", ways=(Way.PORTAL,))
    sent = sending.send(SYSTEM, wanted)
    posting.post_due()
    return {"sent": sent, "written": sent, "template": templates.keep(SYSTEM, None, "Closed", "Closed", "Hello")}


def _ordered(company: Profile) -> dict[str, str]:
    """An item of the company's partner, and an order that is not accepted yet."""
    seller = replace(SYSTEM, partner_id=company.partner_id)
    draft = Article("Router", "", ItemKind.ITEM, Decimal(62), Period.MONTH, None, None, 9)
    article = catalogue.add(seller, draft)
    return {"article": article, "order": placing.place(SYSTEM, Ordered(company.public_id, ((article, 1),))).public_id}


def _service(company: Profile) -> str:
    people.service(company, "Broadband", 100)
    return services.of_customer(company.id, date(2026, 11, 22))[0].public_id


@snapshot
def _waiting(company: Profile) -> str:
    return future_items.waiting(company.id, 1)[0].public_id


@writes
def _job(login_id: int, subject_id: int) -> str:
    return job_rows.start("statement_file", verbatim("A statement"), {}, login_id=login_id, subject_id=subject_id)


def browser_of(app: Flask, person: str) -> PageClient:
    """A browser signed in as `person`, or not at all for `anonymous`."""
    client = app.test_client()
    assert isinstance(client, PageClient)
    if person != "anonymous":
        people.sign_in(client, f"{person}@portal.test")
    return client
