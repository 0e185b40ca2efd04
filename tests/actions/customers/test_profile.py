"""Editing details, own status and portal config as actions: what they refuse, remember and do once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from flask import Flask

from portal.actions.customers import profile as profiles
from portal.actions.customers import status as customer_status
from portal.actions.customers.profile import Details, Stale
from portal.actions.staff import administrators
from portal.db.engine import db
from portal.rules.customers.status import BillingType, Kind, Status
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Conflict, Invalid, Mismatch, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from tests.logins import administrator, login
from tests.people import customer, link, partner, post
from tests.web.staff.office import audit, now


def wanted(reference: str, **changes: object) -> Details:
    """The details as they are, with some changed."""
    return replace(profiles.details_of(now(reference)), **changes)  # type: ignore[arg-type]


def edit(actor: Actor, reference: str, *, once: str | None = None, **changes: object) -> tuple[str, ...]:
    profile = now(reference)
    details = wanted(reference, **changes)
    return profiles.edit_details(actor, profile.public_id, details, version=profile.version, once=once)


def test_white_space_and_line_ends_are_tidied(app: Flask) -> None:
    customer("pat")
    edit(SYSTEM, "pat", name="  Pat   Winter ", address=" 1 Quay\r\nBrno \n")
    assert (now("pat").name, now("pat").address) == ("Pat Winter", "1 Quay\nBrno")


def test_nothing_different_leaves_no_trace(app: Flask) -> None:
    customer("pat")
    assert edit(SYSTEM, "pat") == ()
    assert now("pat").version == 1
    assert audit() == []


def test_the_same_key_changes_once_and_another_body_is_refused(app: Flask) -> None:
    customer("pat")
    first, version, public_id = wanted("pat", phone="1"), now("pat").version, now("pat").public_id
    for _ in range(2):
        changed = profiles.edit_details(SYSTEM, public_id, first, version=version, once="key")
        assert [str(name) for name in changed] == ["phone"]
    assert now("pat").version == 2
    with pytest.raises(Mismatch):
        profiles.edit_details(SYSTEM, public_id, replace(first, phone="2"), version=version, once="key")


def test_r24_a_stale_version_tells_who_changed_what(app: Flask) -> None:
    customer("pat", phone="1")
    stale = wanted("pat", email="late@example.test")
    edit(SYSTEM, "pat", phone="2", kind=Kind.INDIVIDUAL)
    with pytest.raises(Stale) as told:
        profiles.edit_details(SYSTEM, now("pat").public_id, stale, version=1)
    assert told.value.edits[0].actor == "system operator"
    assert told.value.edits[0].fields["phone"] == ("1", "2")
    assert now("pat").email == "pat@example.test"


def test_every_wrong_field_is_named_at_once(app: Flask) -> None:
    customer("pat")
    with pytest.raises(Invalid) as told:
        edit(SYSTEM, "pat", name="", email="x", billing_email="y", billing_day=0, phone="1" * 61)
    assert set(told.value.fields) == {"name", "email", "billing_email", "billing_day", "phone"}


def test_l8_a_free_customer_changes_its_billing_type(app: Flask) -> None:
    customer("pat")
    edit(SYSTEM, "pat", billing_type=BillingType.PREPAID_CUSTOM)
    assert now("pat").billing_type == "prepaid_custom"
    customer("acme")
    link("acme", "pat", "independent")
    with pytest.raises(Refused) as told:
        edit(SYSTEM, "pat", billing_type=BillingType.RECURRING)
    assert [reason.rule for reason in told.value.reasons] == ["L8"]


def test_books_keep_a_customer_with_its_partner(app: Flask) -> None:
    customer("pat")
    customer("far", of="Other Net")
    post("pat", "invoice", 100, "2026-11-01")
    with pytest.raises(Refused, match="has links or bookings"):
        edit(SYSTEM, "pat", partner=now("far").partner_public_id)


def test_who_may_not_edit(app: Flask) -> None:
    pat = customer("pat")
    customer("far", of="Other Net")
    desk = administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    bound = administrator("bound@staff.test", Role.ADMINISTRATOR, partner("Other Net"))
    own = login(pat, "pat@portal.test")
    for actor, refusal in ((desk, NotAllowed), (bound, Missing), (own, Missing)):
        with pytest.raises(refusal):
            edit(actor, "pat", billing_day=5)
        with pytest.raises(refusal):
            customer_status.change(actor, now("pat").public_id, Status.BLOCKED)
    with pytest.raises(Invalid, match="Choose one of the partners"):
        edit(bound, "far", partner=now("pat").partner_public_id)


def test_l11_the_preview_tells_what_becomes_of_each(app: Flask) -> None:
    for name in ("acme", "one", "two", "three"):
        customer(name)
    link("acme", "one")
    link("acme", "two")
    link("acme", "three", "independent")
    customer_status.change(SYSTEM, now("two").public_id, Status.BLOCKED)
    shown = customer_status.preview(SYSTEM, now("acme").public_id, Status.INACTIVE)
    assert [(turn.sub.name, turn.before, turn.after) for turn in shown.follow] == [
        ("One", Status.ACTIVE, Status.INACTIVE),
        ("Two", Status.BLOCKED, Status.INACTIVE),
    ]
    assert [sub.name for sub, _ in shown.keep] == ["Three"]
    customer_status.change(SYSTEM, now("acme").public_id, Status.BLOCKED)
    below = customer_status.preview(SYSTEM, now("one").public_id, Status.NEW)
    assert [str(change.what) for change in below.changes] == ["Own status", "Status shown"]
    assert "never better off" in str(below.notes[-1])


@pytest.mark.parametrize("again", [Status.BLOCKED, Status.INACTIVE])
def test_o6_l11_the_same_status_again_says_what_each_shows_and_why(app: Flask, again: Status) -> None:
    """Who follows already stays as it shows, not as it would be by itself."""
    for name in ("acme", "one", "two", "three"):
        customer(name)
    link("acme", "one")
    link("acme", "two")
    link("acme", "three", "independent")
    customer_status.change(SYSTEM, now("two").public_id, Status.BLOCKED)
    customer_status.change(SYSTEM, now("acme").public_id, again)
    shown = customer_status.preview(SYSTEM, now("acme").public_id, again)
    assert shown.follow == ()
    follows = f"stays {again.label}: it follows Acme already"
    kept = {sub.name: str(because) for sub, because in shown.keep}
    assert kept == {
        "One": follows,
        "Two": follows if again is Status.INACTIVE else "stays Blocked: that is its own status",
        "Three": "stays Active: it is billed independently",
    }


def test_r24_a_changed_picture_stops_the_change(app: Flask) -> None:
    customer("acme")
    customer("one")
    shown = customer_status.preview(SYSTEM, now("acme").public_id, Status.BLOCKED)
    link("acme", "one")
    with pytest.raises(Conflict):
        customer_status.change(SYSTEM, now("acme").public_id, Status.BLOCKED, mark=shown.mark)
    assert now("acme").own_status is Status.ACTIVE


def test_lifting_a_block_forgets_its_cause(app: Flask) -> None:
    customer("pat")
    customer_status.change(SYSTEM, now("pat").public_id, Status.BLOCKED)
    assert now("pat").blocked_cause == "by_hand"
    customer_status.change(SYSTEM, now("pat").public_id, Status.ACTIVE)
    assert now("pat").blocked_cause is None


def test_sec12_of_two_who_demote_each_other_one_remains(app: Flask) -> None:
    people = [administrator(f"{name}@staff.test", Role.SUPER) for name in ("first", "second")]
    ids = {member.email: member.public_id for member in administrators.list_administrators(SYSTEM)}
    told: list[str] = []
    together = threading.Barrier(2)

    def demote(actor: Actor, other: str) -> None:
        with app.app_context():
            together.wait(timeout=120)
            try:
                administrators.change_role(actor, ids[other], Role.OPERATIONS.value)
                told.append("done")
            except Refused:
                told.append("refused")
            finally:
                db.session.remove()

    threads = [
        threading.Thread(target=demote, args=(people[0], people[1].email)),
        threading.Thread(target=demote, args=(people[1], people[0].email)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(told) == ["done", "refused"]
    db.session.rollback()
    roles = [member.role for member in administrators.list_administrators(SYSTEM)]
    assert roles.count(Role.SUPER) == 1
