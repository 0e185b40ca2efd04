"""What everybody in a session reads when it is moved or cancelled, held as texts (B2, B8)."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from flask import Flask

from portal.actions import groups
from portal.actions.bookings import booking, sessions, timetable
from portal.actions.bookings.planning import Wish
from portal.rules.bookings.times import read_start
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.scopes import Scope
from tests.families import DEPENDENT, address, child, family, person, switch
from tests.logins import mails, recipients
from tests.timetable import activity, session

HELD = Path(__file__).parent.parent / "mails"


@pytest.mark.engine("sqlite")
def test_s9_how_the_mails_about_sessions_read(app: Flask) -> None:
    """Renew the texts and look at them: `RENEW_MAILS=1 .venv/bin/pytest tests/actions/bookings/test_news.py`."""
    person("mum")
    person("nanny")
    child("leo", name="Leo <b>O'Brien</b> 株式会社")
    switch()
    group = family("mum", leo=DEPENDENT)
    carer = frozenset({Scope.VIEW, Scope.BOOK})
    groups.add_member(SYSTEM, group, groups.NewMember("nanny", GroupRole.ADMIN, "Carer", carer))
    activity("swim", place="Pool, lane 3", price_minor=1200, rate_e3=0, name="Swimming عربى")
    session("s", "swim", "2026-12-07T18:00", 45)
    booking.book(SYSTEM, [Wish("s", "leo")])
    starts, _whole = read_start("2026-12-08T17:30")
    timetable.move_session(SYSTEM, "s", starts)
    sessions.cancel_session(SYSTEM, "s", "The pump & its <b>pipes</b>")
    sent = {(recipients(one)[0], str(one.subject)): one for one in mails() if one.purpose == "session"}
    assert len(sent) == 6, "booked, moved and cancelled, to the Owner and to the carer"
    told = [sent[address("mum"), one] for _, one in sent if "moved" in one or "cancelled" in one]
    for name, mail in zip(("session_moved", "session_cancelled"), dict.fromkeys(told), strict=True):
        held = HELD / f"{name}.txt"
        text = re.sub(r"/for/[0-9a-f]{20}/", "/for/…/", f"Subject: {mail.subject}\n\n{mail.text}")
        if os.environ.get("RENEW_MAILS"):
            held.write_text(text, encoding="utf-8")
        assert text == held.read_text(encoding="utf-8")
        assert "<b>O'Brien</b>" not in mail.html
    (poor,) = [one for (to, title), one in sent.items() if to == address("nanny") and "cancelled" in title]
    assert "••• was taken back" in poor.text, "who does not see finances reads no amount (S9)"
    assert "12.00" not in poor.text + poor.html
