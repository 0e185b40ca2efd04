"""Messages to many: frozen when sent, one copy to each address, so many a minute, and what became of each (O2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from portal.actions.messages import posting, preferences, sending, showing, writing
from portal.actions.messages.sending import Wanted
from portal.actions.outbox import send_due
from portal.db.engine import db, to_write
from portal.db.tables import OutboxMessage
from portal.outside import mail
from portal.outside.mail import Letter
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.messages.filters import from_names
from portal.rules.messages.states import CopyState, MessageKind, MessageState, Way, Why
from portal.rules.sentences import verbatim
from tests import families, people
from tests.books import check
from tests.families import DEPENDENT
from tests.logins import administrator, mails, recipients

NEWS = Wanted(MessageKind.NEWS, from_names({"partner": "Harbour Net"}), "Pool {people}", "Hello {first name},\n\nbye.")


def became(message: str) -> dict[str, tuple[str, str]]:
    """By customer the state of its copy, and why it has none."""
    found = showing.one(SYSTEM, message).copies
    return {one.customer: (one.state.value, str(showing.reason(one))) for one in found}


def test_o2_each_address_gets_one_and_each_customer_is_told_why_not(app, frozen):
    """The worked example, with others who get none; who is added or changes afterwards is not looked at."""
    people.customer("1", email="anna@example.org", name="Anna <b>B</b>", given_name="Anna")
    people.customer("2", email="Anna@Example.org", name="Anna's shop")
    people.customer("3", email="bert@example.org")
    people.customer("4", email="")
    people.customer("5", email="gone@example.org", own_status="inactive")
    people.customer("6", email="shy@example.org")
    people.customer("elsewhere", of="River Gas", email="anna@example.org")
    preferences.switch(SYSTEM, "6", MessageKind.NEWS, False)
    message = sending.send(SYSTEM, replace(NEWS, external_id="n"))
    assert message == "n" == sending.send(SYSTEM, replace(NEWS, external_id="n"))
    with pytest.raises(Refused, match="is a message already"):
        sending.send(SYSTEM, replace(NEWS, external_id="n", text="Other words"))
    people.customer("7", email="late@example.org")
    assert showing.one(SYSTEM, "n").state is MessageState.SENDING
    assert became("n") == {
        "1": ("waiting", ""),
        "2": ("left_out", "The copy for 1 goes to the same address, anna@example.org."),
        "3": ("waiting", ""),
        "4": ("left_out", "Nothing is on file by which it could come."),
        "5": ("left_out", "Is Inactive."),
        "6": ("left_out", "Declined messages of this kind."),
    }
    assert (posting.post_due(), posting.post_due()) == (2, 0)
    assert [recipients(one) for one in mails()] == [["anna@example.org"], ["bert@example.org"]]
    first = mails()[0]
    assert first.subject == "Pool Anna <b>B</b> and Anna's shop"
    assert "Hello Anna,\n\nbye." in first.text
    assert "Anna &lt;b&gt;B&lt;/b&gt; and Anna&#39;s shop" in first.html
    send_due()
    shown = showing.one(SYSTEM, "n")
    assert (shown.state, shown.done, shown.left_out[Why.SAME_ADDRESS]) == (MessageState.SENT, 2, 1)
    assert became("n")["1"] == ("sent", "")


def test_o2_a_failed_copy_says_what_the_server_said(app, frozen):
    people.customer("a")
    message = sending.send(SYSTEM, NEWS)
    posting.post_due()
    with to_write(db.engine) as connection, connection.begin():
        failed = {"state": "failed", "last_error": verbatim("550 No such user")}
        connection.execute(update(OutboxMessage).values(**failed))
    assert became(message)["a"] == ("failed", "550 No such user")


def test_o2_so_many_leave_in_a_minute_and_a_stopped_one_leaves_no_more(app, frozen):
    settings = app.config["PORTAL_SETTINGS"].model_copy(update={"messages_per_minute": 2})
    app.config["PORTAL_SETTINGS"] = settings
    for number in range(6):
        people.customer(f"c{number}")
    message = sending.send(SYSTEM, NEWS)
    assert [posting.post_due(), posting.post_due()] == [2, 0]
    frozen.move_to("2026-11-22T20:10:00Z")
    preferences.switch(SYSTEM, "c3", MessageKind.NEWS, False)
    assert posting.post_due() == 2
    assert became(message)["c3"] == ("left_out", "Declined messages of this kind.")
    assert sending.stop(SYSTEM, message) == 1
    frozen.move_to("2026-11-22T20:20:00Z")
    assert posting.post_due() == 0
    assert became(message)["c5"] == ("left_out", "The message was stopped before.")
    with pytest.raises(Refused, match="is over"):
        sending.stop(SYSTEM, message)
    assert len(mails()) == 4
    check()


def test_o2_a_scheduled_one_waits_for_its_hour(app, frozen):
    people.customer("a")
    message = sending.send(SYSTEM, replace(NEWS, due_at=datetime(2026, 12, 1, 7, tzinfo=UTC)))
    assert posting.post_due() == 0
    assert showing.one(SYSTEM, message).state is MessageState.SCHEDULED
    frozen.move_to("2026-12-01T07:00:01Z")
    assert posting.post_due() == 1


def test_o2_filters_are_those_of_the_search_with_main_account_and_group(app, frozen):
    families.switch()
    families.person("mum", email="mum@example.org")
    families.child("leo", email="")
    families.family("mum", leo=DEPENDENT)
    people.customer("acme")
    people.customer("branch")
    people.link("acme", "branch")
    people.customer("other", own_status="blocked")

    def matching(**values: str) -> list[str]:
        return [one.customer for one in sending.foresee_all(SYSTEM, replace(NEWS, filters=from_names(values)))]

    assert matching(main="acme") == ["branch"]
    assert matching(group="mum") == ["mum", "leo"]
    assert matching(status="blocked") == ["other"]
    assert matching(linked="main", partner="Harbour Net") == ["acme"]
    assert matching(text="branch") == ["branch"]
    foreseen = sending.foresee(SYSTEM, replace(NEWS, filters=from_names({"group": "mum"})))
    assert (foreseen.gets, foreseen.left_out) == (1, {Why.SAME_ADDRESS: 1})
    child = sending.foresee(SYSTEM, replace(NEWS, filters=from_names({"text": "leo"})))
    assert [(one.reader.reference, one.because_of.reference) for one in child.first] == [("mum", "leo")]
    with pytest.raises(Refused, match="Nobody would get it: 1 customer matches"):
        sending.send(SYSTEM, replace(NEWS, filters=from_names({"text": "leo"}), ways=(Way.SMS,)))


def test_o2_who_may_write_to_whom(app, frozen):
    people.customer("ours")
    bound = people.partner("River Gas")
    people.customer("theirs", of="River Gas")
    desk, ines = administrator("desk@kith.test", Role.FRONT_OF_HOUSE), administrator("ines@kith.test", partner_id=bound)
    with pytest.raises(NotAllowed):
        sending.send(desk, NEWS)
    everybody = replace(NEWS, filters=from_names({"status": "active"}))
    message = sending.send(ines, everybody)
    assert set(became(message)) == {"theirs"}
    of_all = sending.send(SYSTEM, everybody)
    with pytest.raises(Missing):
        showing.one(ines, of_all)
    with pytest.raises(Missing):
        sending.send(ines, replace(NEWS, filters=from_names({"main": "ours"})))


def test_o2_news_are_declined_by_one_click_for_everybody_at_that_address(app, frozen):
    people.customer("1", email="anna@example.org")
    people.customer("2", email="ANNA@example.org")
    sending.send(SYSTEM, NEWS)
    posting.post_due()
    (written,) = mails()
    token = written.unsubscribe.rpartition("/")[2]
    mail._mail()
    letter = Letter("<1@x>", "S", "T", "", "", "", ["a@b.example"], ["a@b.example"], written.created_at)
    with_link = mail._written(replace(letter, unsubscribe=written.unsubscribe), app.config["PORTAL_SETTINGS"]).decode()
    assert f"List-Unsubscribe: <{written.unsubscribe}>" in " ".join(with_link.split())
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in with_link
    assert "List-Unsubscribe" not in mail._written(letter, app.config["PORTAL_SETTINGS"]).decode()
    for wrong in ("", "1-x", f"{token}x", token.replace("1-", "2-", 1), "９-x"):
        with pytest.raises(Missing):
            preferences.unsubscribe(wrong)
    assert preferences.unsubscribe(token) == 2 == preferences.unsubscribe(token)
    with pytest.raises(Refused, match="Nobody would get it"):
        sending.send(SYSTEM, NEWS)
    sending.send(SYSTEM, replace(NEWS, kind=MessageKind.MONEY))
    posting.post_due()
    assert mails()[-1].unsubscribe == ""
    with pytest.raises(Refused, match="always arrives"):
        preferences.switch(SYSTEM, "1", MessageKind.MONEY, False)


def test_o2_a_test_goes_to_oneself_alone(app, frozen):
    people.customer("a", given_name="Ada")
    petra = administrator("petra@kith.test")
    assert sending.send_test(petra, NEWS, "Petra@kith.test") == "petra@kith.test"
    (written,) = mails()
    assert (recipients(written), written.subject) == (["petra@kith.test"], "Test: Pool A")
    assert "Hello Ada," in written.text
    with pytest.raises(Missing):
        sending.send_test(petra, NEWS, "nobody@kith.test")
    assert writing.copy_of("nonsense") is None
    assert posting.post_due() == 0
    assert CopyState.WAITING.label
