"""The mails about groups, held as readable texts beside this file, and names that try to break out of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
import time_machine

from portal.actions import groups
from portal.actions.groups import NewMember, Welcome
from portal.actions.letters import short
from portal.db.tables import OutboxMessage
from portal.outside import mail_texts
from portal.rules.deciding import SYSTEM
from portal.rules.scopes import Scope
from portal.rules.sentences import from_json
from tests.families import (
    ADMIN,
    DEPENDENT,
    address,
    as_,
    change,
    child,
    choose,
    edit,
    family,
    member,
    person,
    switch,
)
from tests.logins import mails, recipients

HELD = Path(__file__).parent.parent / "mails"
NASTY = "Zoë <b>O'Brien</b> 株式会社 عربى"
LONG = "Wilhelmine " * 18 + "W"
"""199 letters; a name has at most 200."""

pytestmark = pytest.mark.usefixtures("app")


def invited(home: str) -> None:
    scopes = {Scope.VIEW, Scope.BOOK, Scope.DOCUMENTS, Scope.TICKETS}
    wanted = Welcome("sam@portal.test", "Sam Reed", ADMIN, "Nanny", frozenset(scopes), date(2027, 6, 30))
    groups.invite(as_("olga"), home, wanted)


def invited_as_dependent(home: str) -> None:
    groups.invite(SYSTEM, home, Welcome("sam@portal.test", "", DEPENDENT))


def changed(home: str) -> None:
    wanted = edit(home, "ada", label="Nanny", scopes={Scope.VIEW, Scope.DOCUMENTS}, until=date(2027, 1, 31))
    groups.change_member(as_("olga"), home, member(home, "ada"), wanted)


def offered(home: str) -> None:
    groups.offer_ownership(as_("olga"), home, member(home, "ada"))


def ending(home: str) -> None:
    groups.change_member(SYSTEM, home, member(home, "ada"), edit(home, "ada", until=date(2026, 12, 4)))
    groups.announce()


def growing_up(_home: str) -> None:
    change("tim", born_on=date(2008, 12, 20))
    groups.announce()


def growing_up_signed_in(home: str) -> None:
    person("tom", name="Tom Novák", born_on=date(2008, 12, 20))
    groups.add_member(SYSTEM, home, NewMember("tom", DEPENDENT))
    groups.announce()


def growing_up_with_address(home: str) -> None:
    change("tim", email="tim@portal.test")
    growing_up(home)


def of_age(home: str) -> None:
    growing_up_signed_in(home)
    change("tom", born_on=date(2008, 11, 22))
    groups.announce()


def of_age_without_login(_home: str) -> None:
    change("tim", email="tim@portal.test", born_on=date(2008, 11, 22))
    groups.announce()


MAILS: dict[str, tuple[Callable[[str], None], str]] = {
    "group_invitation": (invited, "sam"),
    "group_invitation_dependent": (invited_as_dependent, "sam"),
    "group_change": (changed, "ada"),
    "group_offer": (offered, "ada"),
    "group_access_ends_own": (ending, "ada"),
    "group_access_ends": (ending, "olga"),
    "group_of_age_ahead": (growing_up, "olga"),
    "group_of_age_ahead_with_login": (growing_up_signed_in, "olga"),
    "group_of_age_ahead_with_address": (growing_up_with_address, "olga"),
    "group_of_age": (of_age, "tom"),
    "group_of_age_without_login": (of_age_without_login, "tim"),
}


def household(owner: str = "Olga Novák", admin: str = "Ada Lind", dependent: str = "Tim Novák") -> str:
    switch()
    person("olga", name=owner)
    person("ada", name=admin)
    child("tim", name=dependent)
    return family("olga", ada=ADMIN, tim=DEPENDENT)


def sent(deed: Callable[[str], None], home: str, to: str) -> OutboxMessage:
    """The last mail to somebody after a deed."""
    deed(home)
    return [mail for mail in mails() if recipients(mail) == [address(to)]][-1]


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.engine("sqlite")
def test_how_the_mails_read(name: str, frozen: time_machine.Traveller) -> None:
    """Renew the texts and look at what changed: `RENEW_MAILS=1 .venv/bin/pytest tests/actions/groups/test_mails.py`."""
    deed, to = MAILS[name]
    mail = sent(deed, household(), to)
    text = f"Subject: {mail.subject}\n\n{mail.text}\n{'=' * 26} as HTML {'=' * 26}\n\n{readable(mail.html)}"
    text = re.sub(r"(/invitations/|/login/invitation/|/my-group/(?:waiting/)?)[\w-]+", r"\1…", text)
    held = HELD / f"{name}.txt"
    if os.environ.get("RENEW_MAILS"):
        held.write_text(text, encoding="utf-8")
    assert text == held.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.engine("sqlite")
def test_sec47_names_break_out_of_nothing(name: str) -> None:
    deed, to = MAILS[name]
    mail = sent(deed, household(NASTY, NASTY + " A", NASTY + " T"), to)
    assert "<b>" not in mail.html
    assert "\n" not in mail.subject
    everything = mail.subject + mail.text + readable(mail.html)
    if name != "group_invitation_dependent":
        assert NASTY in everything
    assert "&lt;" not in mail.text
    assert "&amp;" not in mail.text


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.engine("sqlite")
def test_the_longest_names_fit(name: str) -> None:
    deed, to = MAILS[name]
    mail = sent(deed, household(LONG, LONG, LONG), to)
    assert len(mail.subject) <= 300
    assert LONG in mail.text or name in ("group_invitation_dependent", "group_of_age")


@pytest.mark.engine("sqlite")
def test_a_subject_is_written_for_its_receiver_and_kept_for_staff() -> None:
    home = household()
    choose(locale="de_DE")
    mail = sent(ending, home, "olga")
    assert mail.subject == "The access of Ada Lind ends after 04.12.2026"
    assert mail.subject_parts is not None
    assert str(from_json(mail.subject_parts)) == "The access of Ada Lind ends after 2026-12-04"


def test_a_partner_and_an_inviter_with_the_longest_names_fit_into_a_subject() -> None:
    values = {"person": "", "owner": LONG, "role": "Admin", "label": "", "powers": ["See"], "ends": "", "link": "x"}
    subject, text, html = mail_texts.render(
        "group_invitation",
        email="a@b.test",
        sender=LONG,
        inviter=LONG,
        partner=f"{LONG}!",
        until="y",
        subject=f"{short(LONG)} invites you to a group at {short(f'{LONG}!')}",
        **values,
    )
    assert len(subject) <= 300
    assert text.startswith("Hello,\n")
    assert "Hello," in readable(html)


class _Reader(HTMLParser):
    """Takes an HTML mail down to its words: a line for each block, links with their addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self.skipping = ""
        self.link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("head", "style"):
            self.skipping = self.skipping or tag
        if tag in ("p", "h1", "li", "td", "div"):
            self.lines.append("* " if tag == "li" else "")
        if tag == "a":
            self.link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == self.skipping:
            self.skipping = ""
        if tag == "a":
            self.lines[-1] = f"[{self.lines[-1].strip()}]({self.link})"

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.lines[-1] += " ".join(data.split())


def readable(html: str) -> str:
    """An HTML mail as lines of text."""
    reader = _Reader()
    reader.feed(html)
    return "\n".join(line for line in reader.lines if line.strip()) + "\n"
