"""What is announced ahead of memberships: a renewal, and the age limit that ends one (B5, B9, O2)."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest

from portal.actions.billing import running
from portal.actions.memberships import announcing, ending, renewing, show
from portal.actions.memberships.announcing import Announced
from portal.actions.messages import preferences
from portal.db.tables import OutboxMessage
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Refused
from portal.rules.memberships.holding import Shown
from portal.rules.messages.states import MessageKind
from tests.families import DEPENDENT, address, child, family, person, switch
from tests.importing import clean
from tests.logins import mails, recipients

HELD = Path(__file__).parent.parent / "mails"
PLANS = (
    "external_id,name,partner,price,tax_rate,prices,period,age_to\n"
    "swim,Junior Swim عربى,Harbour Net,30.00,0,gross,month,12\n"
    "week,Week,Harbour Net,5.00,0,gross,week,\n"
)
ROWS = "external_id,plan,customer,from\n"


@pytest.fixture
def leo(app, frozen):
    """A child of twelve until 1 January 2027, with a month and a week that end in December."""
    person("mum")
    child("leo", name="Leo <b>O'Brien</b> 株式会社", born_on=date(2014, 1, 1))
    switch()
    family("mum", leo=DEPENDENT)
    clean("membership-plans", PLANS)
    clean("memberships", ROWS + "m,swim,leo,2026-11-10\nw,week,leo,2026-12-01\n")


def read(mail: OutboxMessage, name: str) -> None:
    """The mail reads as it is kept; `RENEW_MAILS=1` keeps it anew."""
    held = HELD / f"{name}.txt"
    text = re.sub(r"/for/[0-9a-f]{20}/", "/for/…/", f"Subject: {mail.subject}\n\n{mail.text}")
    if os.environ.get("RENEW_MAILS"):
        held.write_text(text, encoding="utf-8")
    assert text == held.read_text(encoding="utf-8")
    assert recipients(mail) == [address("mum")]
    assert "<b>O'Brien</b>" not in mail.html


@pytest.mark.engine("sqlite")
def test_b5_b9_who_acts_is_told_once_before_a_renewal_and_before_an_age_limit(leo, frozen):
    frozen.move_to("2026-12-02T09:00:00Z")
    assert announcing.announce() == Announced()
    frozen.move_to("2026-12-04T09:00:00Z")
    assert announcing.announce() == Announced(renewals=1)
    assert announcing.announce() == Announced()
    read(mails()[-1], "membership_renews")
    frozen.move_to("2026-12-10T09:00:00Z")
    running.run(SYSTEM)
    assert show.one(SYSTEM, "m").until == date(2027, 1, 9)
    frozen.move_to("2026-12-11T09:00:00Z")
    assert (announcing.announce(), announcing.announce()) == (Announced(ages=1), Announced())
    read(mails()[-1], "membership_ends_by_age")
    frozen.move_to("2027-01-10T09:00:00Z")
    running.run(SYSTEM)
    held = show.one(SYSTEM, "m")
    assert (held.state, held.until) == (Shown.ENDED, date(2027, 1, 9))
    with pytest.raises(Refused, match="is for people up to 12 years"):
        renewing.renew(SYSTEM, "m")


def test_o2_whoever_declined_and_what_is_ended_is_told_nothing(leo, frozen):
    frozen.move_to("2026-12-04T09:00:00Z")
    preferences.switch(SYSTEM, "leo", MessageKind.SERVICE, False)
    assert announcing.announce() == Announced()
    preferences.switch(SYSTEM, "leo", MessageKind.SERVICE, True)
    ending.end(SYSTEM, "m")
    assert announcing.announce() == Announced()
    ending.undo(SYSTEM, "m")
    assert announcing.announce() == Announced(renewals=1)
