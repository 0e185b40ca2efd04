"""Nothing is said past the catalogues, and nothing leans to one side: seen in languages made for these tests."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pypdf
import pytest
from flask import Flask, template_rendered
from jinja2.runtime import Macro
from sqlalchemy import select, update
from werkzeug.routing import Rule

from portal.actions.billing import mails as billing_mails
from portal.actions.bookings import news as session_news
from portal.actions.groups import mails as group_mails
from portal.actions.invoices.mailing import mail_invoice
from portal.actions.logins import mails as login_mails
from portal.actions.messages import writing as messages
from portal.actions.notices.config import SAMPLE_MAIN, SAMPLE_NAME
from portal.actions.notices.texts import mail_of
from portal.actions.partners.config import locales
from portal.actions.statements import mail as statement_mail
from portal.actions.statements.mail import Letter
from portal.actions.tickets import writing as tickets
from portal.config import ROOT
from portal.db import notices
from portal.db.bookings import timetable as session_rows
from portal.db.books.posting import Written
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.groups import invitations
from portal.db.groups import members as group_rows
from portal.db.logins import people as logins
from portal.db.tables import OutboxMessage, Partner
from portal.outside.pdf import render_statement
from portal.outside.pens import pen_for
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.messages.states import MessageKind
from portal.rules.notices import DEFAULT_BODY, DEFAULT_SMS, DEFAULT_SUBJECT, NoticeFacts, NoticeSettings
from portal.rules.scopes import Scope
from portal.rules.sentences import say
from portal.rules.statements.figures import Note
from portal.web.guard import policy
from tests import logins as accounts
from tests import timetable
from tests.outside import files, statements
from tests.pages import PageClient
from tests.shape.pseudo import Pseudo, Reader, install, strings
from tests.shape.test_routes import PUBLIC, expected, filled, rules
from tests.shape.world import MONTH, World, browser_of

pytestmark = pytest.mark.engine("sqlite")

WALKS = {"company": ("company", "branch"), "parent": ("teen", "child"), "teen": ("teen",), "super": ("company",)}
"""Who looks at every page that they may see, and for whom they look at those of a customer."""

PAGES = frozenset({"0.0 kB"})
"""What pages say past the catalogues, with … for data and 0 for numbers; the list only becomes shorter.

Sizes of files are written by Jinja's own filter.
"""


@pytest.fixture
def database(copied: str) -> str:
    """The world's."""
    return copied


@pytest.fixture
def reader(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Somebody who reads the pseudo-language, which everything is written in from now on."""
    with monkeypatch.context() as patch:
        install(patch, Pseudo())
        yield Reader("Sol", "Firefox", "Linux", *_partners_texts(), whole=_names_of_places())
    pen_for.cache_clear()


def _partners_texts() -> Iterator[str]:
    """What a partner writes itself to its blocked customers, or is proposed to."""
    for text in (DEFAULT_SUBJECT, DEFAULT_BODY, DEFAULT_SMS):
        yield from (part.strip() for part in re.split(r"\{\{ \w+ \}\}|\n", text) if re.search(r"\w", part))
    yield from (SAMPLE_NAME, SAMPLE_MAIN)


def _names_of_places() -> set[str]:
    zones = {zone.replace("_", " ") for zone in available_timezones()}
    return zones | {name for _code, name in locales()}


def test_readers_find_what_is_not_translated(reader: Reader) -> None:
    assert list(reader.page('<p>⟦Wélcómé, <b>Company</b>⟧</p><p title="⟦Gó⟧">Kith, 12 EUR</p>')) == []
    assert list(reader.page('<p title="Go">⟦Wélcómé, <b>friend</b>⟧ back</p>')) == ["friend", "back", "Go"]
    assert reader.within("Státémént of Company") == ["of"]


# Pages ----------------------------------------------------------------------------------------------------------------


def test_every_text_of_every_page_is_translated(app: Flask, world: World, reader: Reader) -> None:
    found: dict[str, str] = {}
    with _contexts(app) as hiding:
        for person, paths in _pages(app, world).items():
            client = browser_of(app, person)
            for path in paths:
                found |= dict.fromkeys(reader.page(_shown(client, path)), f"{person} at {path}")
    assert not hiding, "a value that a view gives its template has the name of a component"
    _only(found, PAGES)


def _pages(app: Flask, world: World) -> dict[str, list[str]]:
    """Addresses by who looks at them."""
    seen = {"anonymous": [filled(path, world, "company") for path in PUBLIC - {"/logout"}] + ["/nowhere"]}
    for person in WALKS:
        seen[person] = [filled(rule.rule, world, about) for rule, about in _open_to(app, person)]
    return seen


def _open_to(app: Flask, person: str) -> Iterator[tuple[Rule, str]]:
    for rule in rules(app):
        mark = policy(app, rule.endpoint)
        if mark == "public" or "GET" not in (rule.methods or ()):
            continue
        alone = ("parent",) if "<public_id:group>" in rule.rule else ("company",)
        for about in WALKS[person] if rule.rule.startswith("/for/") else alone:
            if expected(rule, mark.value, about, person) == 200:  # type: ignore[union-attr]
                yield rule, about


def _shown(client: PageClient, path: str) -> str:
    answer = client.get(path, headers={"HX-Request": "true"} if path.endswith("/accounts") else {})
    text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
    answer.close()
    return text


@contextmanager
def _contexts(app: Flask) -> Iterator[set[tuple[str, str]]]:
    """Collects templates that get a value of a component's name, which it would hide, and that name."""
    app.jinja_env.get_template("layout.html")
    components = {name for name, value in app.jinja_env.globals.items() if isinstance(value, Macro)}
    assert components
    hiding: set[tuple[str, str]] = set()

    def look(_app: Flask, *, template: Any, context: dict[str, Any], **_: Any) -> None:
        hiding.update((str(template.name), name) for name in components & context.keys())

    with template_rendered.connected_to(look, app):
        yield hiding


def _only(found: dict[str, str], known: frozenset[str]) -> None:
    """Nothing is found but what is known, and all of that still is: the list only becomes shorter."""
    new = [f"{text!r} ({where})" for text, where in sorted(found.items()) if text not in known]
    assert not new, "say these through a catalogue:\n" + "\n".join(new)
    old = sorted(known - found.keys())
    assert not old, "translated by now, take them off the list:\n" + "\n".join(old)


# Mail and files -------------------------------------------------------------------------------------------------------


def test_every_text_of_every_mail_is_translated(app: Flask, world: World, reader: Reader) -> None:
    before = set(db.session.scalars(select(OutboxMessage.id)))
    _send_every_mail(world)
    db.session.rollback()
    sent = db.session.scalars(select(OutboxMessage).where(OutboxMessage.id.not_in(before))).all()
    said = [(mail.purpose, f"{mail.subject}\n{mail.text}", mail.html) for mail in sent] + [_notice()]
    templates = {path.stem for path in (ROOT / "templates" / "emails").glob("*.txt")}
    assert {purpose for purpose, _text, _html in said} == templates
    found: dict[str, str] = {}
    for purpose, text, html in said:
        found |= dict.fromkeys(reader.text(text), f"{purpose}.txt")
        found |= dict.fromkeys(reader.page(html), f"{purpose}.html")
    _only(found, frozenset())


def _notice() -> tuple[str, str, str]:
    facts = NoticeFacts("Company", "Harbour Net", "", "https://portal.test", because_of="Branch")
    subject, text, html = mail_of(NoticeSettings(), facts, pen_for()).rendered()
    return "blocking", f"{subject}\n{text}", html


def _send_every_mail(world: World) -> None:
    _mails_of_logins(world)
    _mails_of_groups(world)
    _mails_of_billing(world)
    _mails_of_sessions(world)
    answered = io.BytesIO(files.png())
    tickets.answer(SYSTEM, world.places["ticket"], "Company", [(answered, "dot.png")])
    me, company = accounts.signed_in("company@portal.test").actor, world.customers["company"]
    letter = statement_mail.draft(me, company.public_id, MONTH)
    to = letter.recipients[0].address
    statement_mail.send(me, company.public_id, MONTH, Letter(to, letter.subject, letter.message))


@writes
def _mails_of_logins(world: World) -> None:
    until = datetime(2026, 11, 23, tzinfo=UTC)
    person, company = logins.by_email("company@portal.test"), customers.by_reference("company")
    assert person is not None
    assert company is not None
    login_mails.send_reset(person, "token", until)
    login_mails.send_password_changed(person)
    login_mails.send_activation(company, "token", until)
    login_mails.send_shared_address(company, person, may_join=True)
    for kind in (MessageKind.NEWS, MessageKind.MONEY):
        messages.hand_in_test(kind, company.name, company.name, person, company)
    for customer in (company, None):
        login_mails.send_invitation(
            email="guest@portal.test",
            name="Guest",
            inviter="Harbour Net",
            customer=customer,
            scopes=frozenset(Scope),
            token="token",
            until=until,
        )


@writes
def _mails_of_groups(world: World) -> None:
    group, invitation = group_rows.find(world.places["group"]), invitations.by_public_id(world.places["guest"])
    assert group is not None
    assert invitation is not None
    teen, nanny = (group_rows.member_of(group.id, world.customers[name].id) for name in ("teen", "nanny"))
    assert teen is not None
    assert nanny is not None
    for role in (GroupRole.ADMIN, GroupRole.DEPENDENT):
        group_mails.send_invitation(replace(invitation, role=role), group, "token")
    group_mails.send_offer(replace(invitation, customer_id=nanny.customer_id), group)
    lines = group_mails.place_lines(nanny) + group_mails.place_lines(teen)
    group_mails.tell(SYSTEM, group, nanny.customer_id, *lines)
    for to in (nanny.customer_id, group.owner_id):
        group_mails.send_access_ends(nanny, group, to)
    for one in (teen, replace(teen, logins=0), replace(teen, logins=0, email="")):
        group_mails.send_of_age_ahead(one, group, date(2029, 5, 3), group.owner_id)
    group_mails.send_of_age(teen, group)


@writes
def _mails_of_billing(world: World) -> None:
    company, due = world.customers["company"], date(2026, 11, 16)
    notices.save_settings(company.partner_id, NoticeSettings(on=True))
    new = Written(0, world.places["invoice"], "INV-000001")
    assert mail_invoice(company, new, 1200, due, reference=new.number)
    for level in (1, 2):
        assert billing_mails.mail_reminder(company, [(new.number, 1200, due, level)], level)


def _mails_of_sessions(world: World) -> None:
    company = world.customers["company"]
    timetable.activity("talk", name=company.name, place=company.name)
    before = session_rows.session(timetable.session("talk1", "talk", "2026-12-08T18:00"))
    whole = replace(before, whole_day=True, minutes=2 * 1440, starts_wall=before.starts_wall.replace(hour=0))
    later = replace(before, starts_at=before.starts_at + timedelta(hours=1), starts_wall=before.starts_wall)

    @writes
    def send() -> None:
        assert session_news.moved(company, before, later)
        assert session_news.moved(company, whole, replace(whole, minutes=1440))
        assert session_news.cancelled(company, before, company.name, ())
        headline = say("{plan} for {name} renews on {day}", plan=company.name, name=company.name, day=MONTH.first)
        assert session_news.tell(company, headline, [headline], purpose="membership", page="memberships")

    send()


def test_every_word_of_a_statement_as_pdf_is_translated(app: Flask, reader: Reader, tmp_path: Path) -> None:
    notes = [Note(statements.LAST, say("{name} was linked.", name="Harbour branch"))]
    made = statements.full(notes=notes)
    pdf = render_statement(made, fonts_dir=tmp_path, pen=pen_for())
    words = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert Reader(*strings(asdict(made))).within(words) == []


# Right to left --------------------------------------------------------------------------------------------------------

SIDES = re.compile(
    r"[\w-]*-(?:left|right)\b[\w-]*(?=\s*:)|(?<![\w-])(?:left|right)(?=\s*:)"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b|\bto (?:left|right)\b"
)
SIDED: dict[str, str] = {}
"""What names a side in the stylesheet all the same, and why."""


def test_the_stylesheet_names_starts_and_ends_and_no_sides() -> None:
    css = re.sub(r"/\*.*?\*/", "", (ROOT / "static" / "portal.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert {found[0] for found in SIDES.finditer(css)} == SIDED.keys()
    assert {found[0] for found in SIDES.finditer("a{left:0;border-left-width:0;float: right;margin-left :0}")} == {
        "left",
        "border-left-width",
        "float: right",
        "margin-left",
    }


class Hebrew(NullTranslations):
    """A catalogue that has one description of itself, and no texts."""

    def gettext(self, message: str) -> str:
        return message or "Language: he"

    ugettext = gettext
    ungettext = NullTranslations.ngettext


def test_pages_of_a_language_from_right_to_left_say_so(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    db.session.execute(update(Partner).values(locale="he_IL"))
    db.session.commit()
    client = browser_of(app, "company")
    assert '<html lang="en"' in client.get("/").text
    with monkeypatch.context() as patch:
        install(patch, Hebrew(), "he_IL")
        for path in ("/", "/account", "/nowhere"):
            (opening,) = re.findall("<html[^>]*>", client.get(path).text)
            assert 'lang="he"' in opening, path
            assert 'dir="rtl"' in opening, path
    pen_for.cache_clear()
