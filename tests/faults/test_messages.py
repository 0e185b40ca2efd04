"""R35: several workers hand over the copies of a message, and one dies in the middle: everybody gets one (O2)."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from flask import Flask

from portal.actions.messages import posting, sending, showing, writing
from portal.actions.messages.sending import Wanted
from portal.db.engine import db
from portal.rules.deciding import SYSTEM
from portal.rules.messages.filters import from_names
from portal.rules.messages.states import MessageKind, MessageState
from tests import people
from tests.books import check
from tests.logins import mails, recipients

NEWS = Wanted(MessageKind.NEWS, from_names({"partner": "Harbour Net"}), "News", "Hello {name}")
WORKERS, PEOPLE = 3, 12


def test_r35_o2_each_gets_one_from_several_workers_of_which_one_dies(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(PEOPLE):
        people.customer(f"c{number}")
    monkeypatch.setattr(posting, "TOGETHER", 2)
    message = sending.send(SYSTEM, NEWS)
    written: list[int] = []
    plain = writing.hand_in

    def dying(*given: object) -> str:
        written.append(1)
        if len(written) == 4:
            raise RuntimeError("killed")
        return plain(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "hand_in", dying)
    with pytest.raises(RuntimeError, match="killed"):
        posting.post_due()
    db.session.remove()
    assert len(mails()) == 2, "what was handed over before is kept, and nothing of what was in hand"
    monkeypatch.setattr(writing, "hand_in", plain)
    start, left = threading.Barrier(WORKERS), []

    def work() -> None:
        with app.app_context():
            start.wait(timeout=60)
            left.append(posting.post_due())
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=120)
    while posting.post_due():
        pass
    told = [recipients(one)[0] for one in mails()]
    assert (len(told), len(set(told))) == (PEOPLE, PEOPLE)
    assert sum(left) <= PEOPLE - 2
    assert showing.one(SYSTEM, message).row.state is MessageState.SENT
    assert sending.send(SYSTEM, replace(NEWS, external_id="again")) == "again"
    check()
