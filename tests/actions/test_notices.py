"""Notices of blocking: who gets one, when it goes out, and when it does not (O3, F9, L11)."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from portal.actions import doctor, notices
from portal.actions.customers import removal as customer_removal
from portal.actions.customers import status as customer_status
from portal.actions.links import sub_accounts
from portal.actions.notices import releasing
from portal.db import outbox
from portal.db.engine import db
from portal.db.tables import AuditRecord
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed
from portal.rules.holders import Role
from portal.rules.links.facts import BillingMode
from portal.rules.notices import NoticeState
from portal.rules.outbox import State
from tests.actions.groups.test_mails import HELD, readable
from tests.families import change, profile, records
from tests.importing import clean
from tests.logins import administrator, mails, recipients
from tests.notices import HOUR, block, partner_id, set_to, switch_on, told, waiting, wanted
from tests.people import customer, link, partner, post, sub_accounts_of

pytestmark = pytest.mark.usefixtures("app")

DUE = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
"""18:00 in Prague on the day of the tests."""


@pytest.fixture
def acme(app: Flask) -> None:
    """Acme with an aggregated branch and an independent franchise."""
    customer("acme", name="Acme Ltd", phone="+44 1273 555 010", billing_email="bills@acme.test")
    customer("branch", phone="01273 555 010")
    customer("franchise")
    link("acme", "branch")
    link("acme", "franchise", "independent")


def names() -> list[tuple[str, str]]:
    """Each waiting notice: to whom, and whose block it follows."""
    by_id = {told_to.id: told_to.external_id or "" for told_to in map(profile, ("acme", "branch", "franchise"))}
    return [(by_id[one.customer_id], by_id.get(one.because_of_id or 0, "")) for one in waiting()]


def come_due(frozen: time_machine.Traveller, at: datetime = DUE) -> notices.Released:
    frozen.move_to(at, tick=False)
    return notices.release()


def problems() -> list[str]:
    return [str(sentence) for finding in doctor.examine().findings for sentence in finding.problems]


def doctor_is_content() -> None:
    assert problems() == []


# Who gets one ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("acme")
def test_o3_nobody_is_told_until_it_is_switched_on() -> None:
    block("acme")
    assert waiting() == []


@pytest.mark.usefixtures("acme")
def test_f9_l11_a_block_is_told_to_the_customer_and_to_those_who_follow() -> None:
    switch_on()
    block("acme")
    assert names() == [("acme", ""), ("branch", "acme")]
    assert {one.due_at for one in waiting()} == {DUE}
    assert ("notice.due", "Notice of the block goes out on 2026-11-22T17:00:00Z") in [
        (one.action, one.text) for one in records("branch")
    ]


@pytest.mark.usefixtures("acme")
def test_o3_sub_accounts_that_follow_are_told_only_where_the_partner_wants_it() -> None:
    switch_on(sub_accounts=False)
    block("acme")
    assert names() == [("acme", "")]
    set_to("acme", Status.ACTIVE)
    block("branch")
    assert names()[-1] == ("branch", ""), "one that is blocked itself is told in any case"


@pytest.mark.usefixtures("acme")
def test_whoever_is_blocked_already_is_not_told_again() -> None:
    switch_on()
    block("branch")
    block("acme")
    assert names() == [("branch", ""), ("acme", "")]
    set_to("acme", Status.ACTIVE)
    set_to("branch", Status.BLOCKED)
    assert len(waiting()) == 2


@pytest.mark.usefixtures("acme")
def test_inactive_ones_are_not_told_and_those_who_come_back_blocked_are() -> None:
    switch_on()
    set_to("branch", Status.INACTIVE)
    block("acme")
    assert names() == [("acme", "")]
    set_to("branch", Status.ACTIVE)
    assert names() == [("acme", ""), ("branch", "acme")]


def test_l4_a_link_to_a_blocked_main_account_blocks_and_tells() -> None:
    customer("acme", own_status="blocked", name="Acme Ltd")
    customer("branch")
    customer("franchise")
    switch_on()
    shown = sub_accounts.preview_link(SYSTEM, "acme", "branch", BillingMode.AGGREGATED)
    assert str(shown.warnings[-1]) == "1 sub-account will be told by email today at 18:00."
    link("acme", "branch")
    link("acme", "franchise", "independent")
    assert names() == [("branch", "acme")]
    shown = sub_accounts.preview_mode(SYSTEM, "franchise", BillingMode.INDEPENDENT)
    assert shown.warnings == ()


@pytest.mark.usefixtures("acme")
def test_l9_a_change_of_mode_under_a_blocked_main_account_tells_where_it_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """L9 wants the main account Active, so no such change passes now. Should it ever, the customer is told."""
    switch_on()
    change("acme", own_status="blocked")
    monkeypatch.setattr("portal.rules.links.sub_accounts.mode_refusals", lambda *_: [])
    sub_accounts.change_mode(SYSTEM, "franchise", BillingMode.AGGREGATED)
    assert names() == [("franchise", "acme")]


def test_l18_a_file_of_links_tells_each_once() -> None:
    customer("acme", own_status="blocked", name="Acme Ltd")
    for one in ("branch", "franchise"):
        customer(one)
    switch_on()
    head = "main,sub,billing_mode,action\n"
    clean("links", f"{head}acme,branch,aggregated,link\nacme,franchise,independent,link\n")
    assert names() == [("branch", "acme")]


@pytest.mark.usefixtures("acme")
def test_a_file_of_customers_tells_those_it_blocks_and_none_that_begin_so() -> None:
    switch_on()
    head = "external_id,name,status,partner\n"
    clean("customers", f"{head}acme,Acme Ltd,blocked,\nnewcomer,Newcomer,blocked,Harbour Net\n")
    assert names() == [("acme", ""), ("branch", "acme")]
    clean("customers", f"{head}acme,Acme Ltd,blocked,\n")
    assert len(waiting()) == 2


@pytest.mark.usefixtures("acme")
def test_r10_the_same_form_twice_writes_one_notice() -> None:
    switch_on()
    for _ in range(2):
        customer_status.change(SYSTEM, profile("acme").public_id, Status.BLOCKED, once="form-1")
    assert names() == [("acme", ""), ("branch", "acme")]


@pytest.mark.usefixtures("acme")
def test_one_who_is_blocked_again_before_the_hour_has_one_notice_that_counts(frozen: time_machine.Traveller) -> None:
    switch_on()
    block("acme")
    set_to("acme", Status.ACTIVE)
    block("acme")
    assert [(one.state, str(one.remark)[:30]) for one in told("acme")] == [
        (NoticeState.WAITING, ""),
        (NoticeState.DROPPED, "The customer was blocked again"),
    ]
    come_due(frozen)
    assert len([one for one in mails() if one.subject.endswith("Acme Ltd is blocked")]) == 1


def test_many_followers_cost_no_more_statements_than_few() -> None:
    counted: list[int] = []
    for size in (3, 60):
        customer(f"main-{size}")
        switch_on()
        sub_accounts_of(f"main-{size}", {f"sub-{size}-{n:03}": f"Sub {n}" for n in range(size)})
        statements: list[str] = []

        def seen(*arguments: object, into: list[str] = statements) -> None:
            into.append(str(arguments[2]))

        event.listen(db.engine, "before_cursor_execute", seen)
        block(f"main-{size}")
        event.remove(db.engine, "before_cursor_execute", seen)
        counted.append(len(statements))
    assert len(waiting()) == 65
    assert counted[0] == counted[1]


# When its hour comes --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("acme")
def test_f9_the_notice_goes_out_at_its_hour_and_not_before(frozen: time_machine.Traveller) -> None:
    switch_on(by_sms=True)
    post("acme", "invoice", 12000, "2026-11-20")
    block("acme")
    assert come_due(frozen, DUE - timedelta(seconds=1)).all == 0
    assert mails() == []
    released = come_due(frozen)
    assert (released.written, released.dropped, released.nobody) == (2, 0, 0)
    mine, text, subs = mails()
    assert recipients(mine) == ["acme@example.test", "bills@acme.test"]
    assert mine.subject == "Harbour Net: Acme Ltd is blocked"
    assert "120.00 EUR is owed." in mine.text
    assert (text.channel, recipients(text)) == ("sms", ["+441273555010"])
    assert text.text.startswith("Harbour Net, Acme Ltd: Your account has been blocked.")
    assert "because Acme Ltd, which is billed for it, is blocked" in subs.text
    assert "Notice of the block queued by email and SMS." in [one.text for one in records("acme")]
    assert str(told("branch")[0].remark) == "The phone number on file has no country code, such as +44."
    assert notices.release().all == 0
    doctor_is_content()


@pytest.mark.usefixtures("acme")
def test_l17_a_sub_account_is_told_nothing_of_the_books_it_is_billed_to(frozen: time_machine.Traveller) -> None:
    switch_on(body="{{ name }}: {{ balance }}!", sms="{{ name }} {{ balance }}", by_sms=True)
    change("branch", phone="+44 1273 555 011")
    post("acme", "invoice", 12000, "2026-11-20")
    block("acme")
    come_due(frozen)
    theirs = [one for one in mails() if one.subject_id == profile("branch").id]
    assert len(theirs) == 2
    for one in theirs:
        assert "120" not in one.text + one.html
        assert "owed" not in one.text + one.html


@pytest.mark.usefixtures("acme")
def test_a_notice_is_dropped_when_nobody_is_blocked_any_more(frozen: time_machine.Traveller) -> None:
    switch_on()
    block("acme")
    set_to("acme", Status.ACTIVE)
    assert come_due(frozen).dropped == 2
    assert mails() == []
    assert (told("branch")[0].state, told("branch")[0].remark) == (NoticeState.DROPPED, releasing.NOT_BLOCKED)
    assert f"Notice of the block dropped: {releasing.NOT_BLOCKED}" in [one.text for one in records("branch")]
    doctor_is_content()


@pytest.mark.usefixtures("acme")
def test_a_notice_is_dropped_when_they_were_switched_off(frozen: time_machine.Traveller) -> None:
    switch_on()
    block("acme")
    switch_on(sub_accounts=False)
    come_due(frozen)
    assert [one.state for one in (*told("acme"), *told("branch"))] == [NoticeState.WRITTEN, NoticeState.DROPPED]
    assert told("branch")[0].remark == releasing.NOT_TO_SUBS
    set_to("acme", Status.ACTIVE)
    block("acme")
    switch_on(on=False)
    come_due(frozen, DUE + timedelta(days=1))
    assert told("acme")[0].remark == releasing.SWITCHED_OFF


@pytest.mark.usefixtures("acme")
def test_the_text_is_of_the_hour_and_names_the_cause_of_the_hour(frozen: time_machine.Traveller) -> None:
    switch_on()
    block("acme")
    block("branch")
    set_to("acme", Status.ACTIVE)
    switch_on(body="Now: {{ reason }}")
    come_due(frozen)
    (mail,) = mails()
    assert mail.text.startswith("Now: Your account has been blocked.")


@pytest.mark.usefixtures("acme")
def test_who_cannot_be_reached_is_written_down(frozen: time_machine.Traveller) -> None:
    switch_on()
    change("acme", email="", billing_email="")
    block("acme")
    assert come_due(frozen).nobody == 1
    assert (told("acme")[0].state, str(told("acme")[0].remark)) == (NoticeState.NOBODY, "No email address is on file.")
    assert "Notice of the block reaches nobody: No email address is on file." in [one.text for one in records("acme")]


def test_r17_each_partner_has_its_own_hour_and_zone(frozen: time_machine.Traveller) -> None:
    partner("Far Net", time_zone="Pacific/Kiritimati")
    customer("far", of="Far Net")
    customer("near")
    switch_on()
    switch_on("Far Net", hour=0)
    block("far")
    block("near")
    assert [one.due_at for one in waiting()] == [datetime(2026, 11, 22, 10, 0, tzinfo=UTC), DUE]
    assert come_due(frozen, datetime(2026, 11, 22, 10, 0, tzinfo=UTC)).written == 1


def test_r17_an_hour_that_the_clocks_leave_out(frozen: time_machine.Traveller) -> None:
    frozen.move_to(datetime(2027, 3, 27, 12, 0, tzinfo=UTC), tick=False)
    customer("acme")
    switch_on(hour=2)
    block("acme")
    assert waiting()[0].due_at == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


@pytest.mark.usefixtures("acme")
def test_r29_a_notice_that_cannot_be_written_stops_no_other(
    frozen: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_on()
    customer("other")
    block("acme")
    block("other")
    mail_of = releasing.mail_of

    def stumble(settings: object, facts: object, pen: object) -> object:
        if facts.name == "Acme Ltd":  # type: ignore[attr-defined]
            raise ValueError("cannot be put together")
        return mail_of(settings, facts, pen)  # type: ignore[arg-type]

    monkeypatch.setattr(releasing, "mail_of", stumble)
    come_due(frozen)
    assert {told(one)[0].state for one in ("branch", "other")} == {NoticeState.WRITTEN}
    assert told("acme")[0].state is NoticeState.WAITING
    monkeypatch.undo()
    frozen.shift(timedelta(hours=1))
    assert notices.release().written == 1


def test_more_than_a_batch_goes_out_and_can_be_stopped(
    frozen: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "BATCH", 2)
    customer("main")
    switch_on()
    sub_accounts_of("main", {f"sub-{n}": f"Sub {n}" for n in range(4)})
    block("main")
    frozen.move_to(DUE, tick=False)
    answers = iter([True, False])
    assert notices.release(keep_going=lambda: next(answers)).written == 2
    assert notices.release().written == 3
    assert outbox.counts()[State.QUEUED] == 5


# Keeping house --------------------------------------------------------------------------------------------------------


def test_doctor_names_a_notice_that_nobody_takes(frozen: time_machine.Traveller) -> None:
    customer("acme", name="Acme Ltd")
    switch_on()
    block("acme")
    frozen.shift(timedelta(hours=49))
    assert problems() == []
    frozen.shift(timedelta(seconds=1))
    assert problems() == ["The notice of blocking to Acme Ltd has waited for more than two days."]


def test_l12_pri5_removal_erases_notices_and_text_messages(frozen: time_machine.Traveller) -> None:
    customer("acme", name="Acme Ltd")
    customer("gone", name="Zelda Quick", phone="+44 1273 555 099", email="zelda@quick.test")
    switch_on(by_sms=True)
    block("gone")
    come_due(frozen)
    assert len(mails()) == 2
    set_to("gone", Status.ACTIVE)
    block("gone")
    set_to("gone", Status.INACTIVE)
    customer_removal.remove(SYSTEM, "gone")
    assert waiting() == []
    for one in mails():
        whole = f"{one.subject} {one.text} {one.html} {recipients(one)}"
        assert "Zelda" not in whole
        assert "441273555099" not in whole
        assert one.state not in ("queued", "sending")
    doctor_is_content()


@pytest.mark.usefixtures("acme")
def test_pri5_a_main_account_that_is_removed_is_taken_out_of_what_others_were_told(
    frozen: time_machine.Traveller,
) -> None:
    switch_on()
    block("acme")
    come_due(frozen)
    set_to("acme", Status.ACTIVE)
    for sub in ("branch", "franchise"):
        sub_accounts.unlink(SYSTEM, sub)
    set_to("acme", Status.INACTIVE)
    customer_removal.remove(SYSTEM, "acme")
    theirs = [one for one in mails() if one.subject_id == profile("branch").id]
    assert len(theirs) == 1
    assert "Acme" not in theirs[0].text + theirs[0].html
    assert told("branch")[0].because_of == ""


# Settings -------------------------------------------------------------------------------------------------------------


def test_o3_what_changed_is_in_the_log_and_a_stale_page_is_not_saved() -> None:
    partner()
    sol = administrator("sol@kith.example")
    page = notices.open_partner(sol, partner_id())
    assert (page.settings.on, page.sms_ready, page.waiting) == (False, False, 0)
    changed = notices.save(sol, partner_id(), wanted(hour=HOUR), mark=page.mark, once="one")
    assert tuple(map(str, changed)) == ("notices of blocking", "hour")
    assert notices.save(sol, partner_id(), wanted(hour=HOUR), mark=page.mark, once="one") == changed
    with pytest.raises(Conflict):
        notices.save(sol, partner_id(), wanted(hour=7), mark=page.mark)
    assert notices.save(sol, partner_id(), wanted(hour=HOUR)) == ()
    found = notices.open_partner(sol, partner_id())
    assert (found.settings, str(found.next)) == (wanted(hour=HOUR), "today at 18:00")
    (record,) = db.session.query(AuditRecord).filter_by(action="notices.configure")
    assert record.details["fields"] == {"on": [False, True], "hour": [9, 18]}


def test_o3_only_those_who_configure_the_portal_of_the_partner() -> None:
    partner()
    elsewhere = administrator("bound@kith.example", Role.ADMINISTRATOR, partner("Other Net"))
    desk = administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    assert [one.partner.name for one in notices.list_partners(elsewhere)] == ["Other Net"]
    for act in (
        lambda actor: notices.open_partner(actor, partner_id()),
        lambda actor: notices.save(actor, partner_id(), wanted()),
        lambda actor: notices.preview(actor, partner_id(), wanted()),
    ):
        with pytest.raises(Missing):
            act(elsewhere)
        with pytest.raises(NotAllowed):
            act(desk)
    with pytest.raises(NotAllowed):
        notices.list_partners(desk)


def test_a_preview_stores_nothing_and_refuses_what_cannot_be_saved() -> None:
    partner(contact="help@harbour.test")
    own, following = notices.preview(SYSTEM, partner_id(), wanted(subject="{{ name }}!", by_email=False))
    assert (own.mail.subject, own.mail.sender) == ("Alex Sample!", "Harbour Net")
    assert "because Sample Group Ltd, which is billed for it, is blocked" in following.sms
    assert ("120.00 EUR is owed.",) in own.mail.paragraphs
    assert not any("owed" in line for lines in following.mail.paragraphs for line in lines)
    with pytest.raises(Invalid):
        notices.preview(SYSTEM, partner_id(), wanted(body="{{ nobody }}"))
    assert not notices.open_partner(SYSTEM, partner_id()).settings.on


# Mails ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["acme", "branch"])
@pytest.mark.engine("sqlite")
@pytest.mark.usefixtures("acme")
def test_how_the_notices_read(name: str, frozen: time_machine.Traveller) -> None:
    """Renew the texts and look at what changed: `RENEW_MAILS=1 .venv/bin/pytest tests/actions/test_notices.py`."""
    switch_on(by_sms=True)
    change("branch", phone="+44 1273 555 011")
    post("acme", "invoice", 12000, "2026-11-20")
    block("acme")
    come_due(frozen)
    mail, sms = [one for one in mails() if one.subject_id == profile(name).id]
    rule = "=" * 26
    text = f"Subject: {mail.subject}\n\n{mail.text}\n{rule} as HTML {rule}\n\n{readable(mail.html)}"
    text += f"\n{rule} as SMS {rule}\n\n{sms.text}\n"
    held = Path(HELD) / f"blocking_{name}.txt"
    if os.environ.get("RENEW_MAILS"):
        held.write_text(text, encoding="utf-8")
    assert text == held.read_text(encoding="utf-8")


@pytest.mark.engine("sqlite")
def test_sec47_names_break_out_of_nothing(app: Flask, frozen: time_machine.Traveller) -> None:
    nasty = "Zoë <b>O'Brien</b> 株式会社 عربى\r\nBcc: x@evil.test {{ portal }}"
    customer("acme", name=nasty[:200], phone="+441273555010")
    switch_on(by_sms=True, body="<i>{{ name }}</i>", sms="{{ name }}" * 40)
    block("acme")
    come_due(frozen)
    mail, sms = mails()
    assert "<b>" not in mail.html
    assert "&lt;i&gt;Zoë &lt;b&gt;" in mail.html
    assert "\n" not in mail.subject
    assert "{{ portal }}" in mail.text
    assert len(sms.text) <= 918
