"""Removing a customer (L12): every tie is named, the person is erased, and the books stay (PRI5)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from portal.actions import doctor, groups, logins
from portal.actions.books import posting as ledger
from portal.actions.customers import (
    profile as profiles,
)
from portal.actions.customers import (
    removal as customer_removal,
)
from portal.actions.customers import (
    search as customer_search,
)
from portal.actions.customers import show as sheets
from portal.actions.customers import (
    status as customer_status,
)
from portal.actions.customers.search import Wanted
from portal.actions.groups import Welcome
from portal.actions.links import sub_accounts
from portal.db import documents, files, outbox
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.logins import people as signing_in
from portal.db.tables import AuditRecord, Customer, Job, OutboxMessage
from portal.outside import clock
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Conflict, Mismatch, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.scopes import ALL_SCOPES
from portal.rules.sentences import verbatim
from tests import books, families, people
from tests.importing import clean, wrong
from tests.log import log
from tests.logins import administrator, login, mails, recipients, set_status, sign_in

pytestmark = pytest.mark.usefixtures("app")

NAME, EMAIL, SIGNS_IN, PHONE = "Zdeňka O'Brienová", "zdenka@home.test", "zdenka.work@office.test", "+420 777 123 987"
ADDRESS, OLD_EMAIL, OLD_NAME = "Canary Lane 5\n602 00 Brno", "zdenka.before@home.test", "Zdeňka Kanárková"
CANARIES = (NAME, "O'Brienová", "zdenka", "777 123 987", "Canary Lane", "Kanárková", "192.0.2.7", "Person of")


def free(reference: str = "zoe", **more: object) -> str:
    """A customer that nothing ties; its public id."""
    return people.customer(reference, **{"own_status": "inactive", "kind": "individual", **more}).public_id


def reasons(reference: str) -> list[str]:
    found = customer_removal.preview(SYSTEM, reference).reasons
    assert {reason.rule for reason in found} <= {"L12"}
    assert all(str(reason.message).endswith(".") and reason.remedy for reason in found)
    return [str(reason.message) for reason in found]


@writes
def put(*statements: object) -> None:
    for statement in statements:
        db.session.execute(statement)  # type: ignore[call-overload]


# What ties ------------------------------------------------------------------------------------------------------------


def test_l12_nothing_ties_a_settled_inactive_customer() -> None:
    free()
    assert reasons("zoe") == []


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.INACTIVE])
def test_l12_it_must_be_inactive(status: Status) -> None:
    people.customer("zoe", own_status=status.value)
    assert reasons("zoe") == [f"Zoe is {status.label}."]


def test_l12_links_tie_on_both_sides() -> None:
    people.customer("acme")
    people.customer("branch")
    people.link("acme", "branch", "independent")
    for reference in ("acme", "branch"):
        set_status(customers.by_reference(reference), "inactive")  # type: ignore[arg-type]
    assert reasons("acme") == ["Acme has 1 sub-account."]
    assert reasons("branch") == ["Branch is a sub-account of Acme."]


def test_l12_a_partner_account_ties_both() -> None:
    people.customer("one")
    people.customer("two")
    people.share("one", "two")
    put(update(Customer).values(own_status="inactive"))
    assert reasons("one") == ["One shares its balances with Two."]
    assert reasons("two") == ["Two shares its balances with One."]


def test_l12_groups_and_invitations_tie() -> None:
    families.switch()
    for name in ("mum", "aunt"):
        families.person(name)
    families.child("kid")
    group = families.family("mum", aunt=families.ADMIN, kid=families.DEPENDENT)
    welcome = Welcome("gran@elsewhere.test", "Gran", families.DEPENDENT, "", ALL_SCOPES)
    groups.invite(families.as_("mum"), group, welcome)
    put(update(Customer).values(own_status="inactive"))
    assert reasons("mum") == ["Mum owns a group.", "1 invitation that Mum sent waits for an answer."]
    assert reasons("aunt") == ["Aunt is an Admin in the group of Mum."]
    assert reasons("kid") == ["Kid is a Dependent in the group of Mum."]
    families.switch(False)
    assert len(reasons("mum")) == 2


def test_l12_open_amounts_tie_also_those_dated_ahead() -> None:
    free()
    people.post("zoe", "invoice", 1250, "2026-11-01")
    people.post("zoe", "payment", 300, "2026-11-01", ledger="credit")
    assert reasons("zoe") == ["Zoe owes 12.50 EUR.", "Zoe holds 3.00 EUR of Customer Credit."]
    people.post("zoe", "payment", 1250, "2026-11-02")
    people.post("zoe", "debit", 300, "2026-11-02", ledger="credit")
    assert reasons("zoe") == []
    people.post("zoe", "invoice", 500, "2026-12-01")
    people.post("zoe", "payment", 500, "2026-11-03")
    assert reasons("zoe") == ["Zoe has 5.00 EUR overpaid on its House Account.", "Zoe has 1 entry dated ahead."]


def test_l12_future_items_services_jobs_and_mail_on_its_way_tie() -> None:
    zoe = customers.by_public_id(free())
    assert zoe is not None
    clean("transactions", "external_id,customer,date,kind,amount\nf1,zoe,2026-12-01,future_item,3\n")
    for state in ("active", "paused", "paused", "stopped"):
        people.service(zoe, "Broadband", 100, state=state)
    actor = login(zoe, SIGNS_IN)

    @writes
    def more() -> None:
        db.session.add(
            Job(kind="statement_file", title="A", login_id=actor.login_id, arguments={}, created_at=clock.now())
        )
        outbox.queue(purpose="note", to=["a@b.test"], subject=verbatim("S"), text="T", customer_id=zoe.id)
        db.session.execute(update(OutboxMessage).values(state="sending", leased_until=clock.now()))

    more()
    assert reasons("zoe") == [
        "1 future item of 3.00 EUR waits for the next invoice of Zoe.",
        "Zoe has 1 active service.",
        "Zoe has 2 paused services.",
        "1 job for Zoe is not finished.",
        "1 mail about Zoe is being sent now.",
    ]


def test_l12_everything_at_once_is_refused_in_one_answer() -> None:
    people.customer("acme")
    zoe = people.customer("zoe")
    people.link("acme", "zoe", "independent")
    people.post("zoe", "invoice", 1250, "2026-11-01")
    people.service(zoe, "Broadband", 100)
    with pytest.raises(Refused) as refused:
        customer_removal.remove(SYSTEM, "zoe")
    assert len(refused.value.reasons) == 4
    assert str(refused.value.headline) == "Zoe can’t be removed yet"
    assert customers.by_id(zoe.id).removed_at is None


# What goes ------------------------------------------------------------------------------------------------------------


def a_life() -> tuple[customers.Profile, Actor]:
    """A customer who did everything a person can do, and is done with it; with the administrator who removes it."""
    boss = administrator("boss@staff.test")
    families.switch()
    zoe = people.customer(
        "zoe",
        name=OLD_NAME,
        given_name="Zdeňka",
        family_name="O'Brienová",
        kind="individual",
        email=OLD_EMAIL,
        billing_email="books@shared.test",
        phone=PHONE,
        address=ADDRESS,
        born_on=date(1980, 2, 3),
    )
    people.customer("other", billing_email="books@shared.test")
    found = profiles.details_of(zoe)
    edited = profiles.Details(
        **{name: getattr(found, name) for name in found.__slots__} | {"name": NAME, "email": EMAIL}
    )
    profiles.edit_details(boss, zoe.public_id, edited, version=zoe.version)
    people.customer("acme")
    people.link("acme", "zoe", "aggregated")
    people.post("zoe", "invoice", 700, "2026-11-01")
    people.post("zoe", "payment", 700, "2026-11-01")
    sub_accounts.unlink(boss, "zoe", once="unlink-1")
    people.post("zoe", "invoice", 500, "2026-11-02")
    people.post("zoe", "payment", 500, "2026-11-03")
    logins.invite_login(boss, zoe.public_id, "zdenka.second@home.test", "Zdeňka O'Brienová", ALL_SCOPES)
    login(zoe, SIGNS_IN, "Zdeňka O'Brienová")
    sign_in(SIGNS_IN)
    logins.reset_login(boss, SIGNS_IN)
    families.person("mum", name="Mum Lima")
    group = families.family("mum", zoe=families.ADMIN)
    mine = signing_in.by_email(SIGNS_IN)
    assert mine is not None
    groups.leave(mine.actor, group)
    save(zoe)
    customer_status.change(boss, zoe.public_id, Status.INACTIVE)
    return customers.by_id(zoe.id), boss


@writes
def save(zoe: customers.Profile) -> None:
    main = customers.by_reference("acme")
    assert main is not None
    own = files.keep(b"a letter to Zdenka", "application/pdf")
    both = files.keep(b"a statement of all", "application/pdf")
    for owner, about, file in ((zoe.id, None, own), (zoe.id, None, both), (main.id, zoe.id, both)):
        documents.add(customer_id=owner, about_id=about, kind="letter", title=f"About {NAME}", filename="about.pdf",
                      file_id=file, created_by=SIGNS_IN)  # fmt: skip
    outbox.queue(purpose="statement", to=[EMAIL, "books@shared.test"], subject=verbatim(f"Statement of {NAME}"),
                 text=f"Dear {NAME}", html="<p>Dear Zdeňka O&#39;Brienová</p>", customer_id=zoe.id)  # fmt: skip
    outbox.queue(purpose="statement", to=[EMAIL, "other@acme.test"], subject=verbatim("All accounts"),
                 text=f"With {NAME}", html="<p>With Zdeňka O&#39;Brienová</p>", customer_id=main.id,
                 reply_to=EMAIL)  # fmt: skip


def dump() -> dict[str, list[str]]:
    """Every row of every table, as text."""
    db.session.rollback()
    db.session.expire_all()
    return {
        table.name: [
            " | ".join(
                json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value) for value in row
            )
            for row in db.session.execute(table.select())
        ]
        for table in db.metadata.sorted_tables
    }


def found_in(tables: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [
        (name, row)
        for name, rows in tables.items()
        for row in rows
        if any(canary.lower() in row.replace("&#39;", "'").lower() for canary in CANARIES)
    ]


def test_pri5_nothing_that_names_the_person_is_left_in_any_table() -> None:
    zoe, boss = a_life()
    before = {name for name, _ in found_in(dump())}
    assert {"customer", "login", "login_session", "emailed_token", "document", "outbox_message", "outbox_recipient",
            "audit_record", "operation"} <= before  # fmt: skip
    done = customer_removal.remove(boss, "zoe")
    assert found_in(dump()) == []
    assert done.name == f"Removed customer {zoe.public_id[:8]}"
    assert doctor.examine().sound
    books.check()


def test_pri5_the_books_and_the_deeds_stay() -> None:
    zoe, boss = a_life()
    counted = {table: len(rows) for table, rows in dump().items() if table in ("entry", "posting", "audit_record")}
    deeds = [
        row[1:]
        for row in db.session.execute(
            select(AuditRecord.id, AuditRecord.action, AuditRecord.subject_id).order_by(AuditRecord.id)
        )
    ]
    customer_removal.remove(boss, "zoe")
    left = customers.by_id(zoe.id)
    assert (left.external_id, left.email, left.born_on, left.own_status) == (None, "", None, Status.INACTIVE)
    assert left.removed_at == clock.now()
    kept = dump()
    assert {name: len(kept[name]) for name in counted} == {**counted, "audit_record": counted["audit_record"] + 1}
    now = [
        row[1:]
        for row in db.session.execute(
            select(AuditRecord.id, AuditRecord.action, AuditRecord.subject_id).order_by(AuditRecord.id)
        )
    ]
    assert now[:-1] == deeds
    assert now[-1] == ("customer.remove", zoe.id)
    assert customer_removal.removed_by(boss, left) == ("boss@staff.test", clock.now())
    books.statements_meet(zoe.public_id, date(2026, 11, 1), date(2026, 11, 3), date(2026, 12, 1))


def test_pri5_files_go_when_nothing_else_refers_to_them() -> None:
    _, boss = a_life()
    folder = Path(current_app.config["PORTAL_SETTINGS"].instance_dir) / "files"
    held = {path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert held == {b"a letter to Zdenka", b"a statement of all"}
    customer_removal.remove(boss, "zoe")
    assert {path.read_bytes() for path in folder.rglob("*") if path.is_file()} == {b"a statement of all"}


def test_mail_that_waits_for_the_person_is_not_sent_and_others_get_theirs() -> None:
    _, boss = a_life()
    customer_removal.remove(boss, "zoe")
    statements = [one for one in mails() if one.purpose == "statement"]
    assert (statements[0].state, statements[0].text) == ("failed", "")
    assert statements[1].state == "queued"
    assert sorted(recipients(statements[1])) == ["other@acme.test", "removed@removed.invalid"]
    assert "Removed customer" in statements[1].text


def test_an_address_is_free_for_a_new_login_and_a_shared_one_stays_with_others() -> None:
    _, boss = a_life()
    customer_removal.remove(boss, "zoe")
    other = customers.by_reference("other")
    assert other is not None
    assert other.billing_email == "books@shared.test"
    login(other, SIGNS_IN)
    sign_in(SIGNS_IN)


def test_the_same_name_elsewhere_is_left_alone() -> None:
    free("zoe", name="Anna Novak", email="anna@one.test")
    people.customer("anna", name="Anna Novak", email="anna@two.test")
    people.customer("acme")
    people.link("acme", "anna")
    customer_removal.remove(SYSTEM, "zoe")
    linked = log(AuditRecord.action == "sub_accounts.link")
    assert all("Anna Novak" in line.text for line in linked)
    assert customers.by_reference("anna").name == "Anna Novak"  # type: ignore[union-attr]


# Afterwards -----------------------------------------------------------------------------------------------------------


def test_l12_nothing_is_done_for_a_customer_that_is_gone() -> None:
    public_id = free()
    people.customer("acme")
    customer_removal.remove(SYSTEM, "zoe")
    for deed in (
        lambda: people.post(public_id, "invoice", 100, "2026-11-01"),
        lambda: people.link("acme", public_id),
        lambda: people.link(public_id, "acme"),
        lambda: customer_status.change(SYSTEM, public_id, Status.ACTIVE),
        lambda: logins.invite_login(SYSTEM, public_id, "new@home.test", "New", ALL_SCOPES),
        lambda: customer_removal.remove(SYSTEM, public_id),
    ):
        with pytest.raises(Refused) as refused:
            deed()
        assert [reason.rule for reason in refused.value.reasons] == ["L12"]
    assert sheets.customer_sheet(SYSTEM, public_id).profile.removed_at is not None


def test_a_removed_customer_is_not_found_and_its_number_makes_a_new_one() -> None:
    public_id = free(name="Zoe Zed")
    customer_removal.remove(SYSTEM, "zoe")
    for wanted in ("", "zoe", "removed", public_id):
        assert customer_search.search(SYSTEM, Wanted(text=wanted)).total == 0
    with pytest.raises(Missing):
        customer_removal.preview(SYSTEM, "zoe")
    clean("customers", "external_id,name\nzoe,Zoe Again\n")
    made = customers.by_reference("zoe")
    assert made is not None
    assert (made.public_id != public_id, made.name, made.removed_at) == (True, "Zoe Again", None)
    assert customers.by_public_id(public_id).name == f"Removed customer {public_id[:8]}"  # type: ignore[union-attr]


def test_r11_once_more_gives_the_same_answer() -> None:
    public_id = free()
    first = customer_removal.remove(SYSTEM, public_id, once="key-1")
    assert customer_removal.remove(SYSTEM, public_id, once="key-1") == first
    other = free("other")
    with pytest.raises(Mismatch):
        customer_removal.remove(SYSTEM, other, once="key-1")


def test_r24_what_was_shown_must_still_be_so() -> None:
    zoe = customers.by_public_id(free())
    assert zoe is not None
    shown = customer_removal.preview(SYSTEM, "zoe")
    login(zoe, SIGNS_IN)
    with pytest.raises(Conflict):
        customer_removal.remove(SYSTEM, "zoe", mark=shown.mark)
    assert customers.by_reference("zoe") is not None
    customer_removal.remove(SYSTEM, "zoe", mark=customer_removal.preview(SYSTEM, "zoe").mark)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPER])
def test_only_the_super_administrator_removes(role: Role) -> None:
    free()
    with pytest.raises(NotAllowed):
        customer_removal.remove(administrator("a@staff.test", role), "zoe")
    elsewhere = administrator("b@staff.test", Role.SUPER, people.partner("Lakeside"))
    with pytest.raises(Missing):
        customer_removal.preview(elsewhere, "zoe")


@pytest.mark.parametrize(
    "change",
    [
        "text = 'x'",
        "text = 'x', details = '{\"erased\": \"nobody\"}'",
        "action = 'x', details = '{\"erased\": \"%s\"}'",
        'subject_id = NULL, details = \'{"erased": "%s"}\'',
    ],
)
def test_the_log_takes_no_other_change(change: str) -> None:
    public_id = free()
    customer_removal.remove(SYSTEM, "zoe")
    with pytest.raises(DBAPIError, match="append-only"):
        put(text(f"UPDATE audit_record SET {change.replace('%s', public_id)}"))


def test_doctor_finds_what_is_left_of_a_removed_customer() -> None:
    zoe = customers.by_public_id(free())
    assert zoe is not None
    customer_removal.remove(SYSTEM, "zoe")
    login(zoe, SIGNS_IN)
    people.service(zoe, "Broadband", 100)
    put(update(Customer).values(own_status="active"))
    problems = [problem for finding in doctor.examine().findings for problem in finding.problems]
    assert [str(problem).rpartition(" has ")[2] for problem in problems] == [
        "a login that works.",
        "a service.",
        "an own status other than Inactive.",
    ]


def test_l12_no_reversal_lands_on_the_books_of_a_removed_customer() -> None:
    people.customer("acme")
    people.customer("branch")
    people.link("acme", "branch")
    row = "i1,branch,2026-11-01,invoice,5,"
    clean("transactions", f"external_id,customer,date,kind,amount,reverses\n{row}\n")
    people.post("acme", "payment", 500, "2026-11-02")
    sub_accounts.unlink(SYSTEM, "branch")
    acme = customers.by_reference("acme")
    assert acme is not None
    set_status(acme, "inactive")
    customer_removal.remove(SYSTEM, "acme")
    with pytest.raises(Refused, match="L12"):
        ledger.reverse(SYSTEM, "i1", on=date(2026, 11, 3), reason="wrong")
    back = "external_id,customer,date,kind,amount,reverses\nr1,branch,2026-11-03,invoice,5,i1\n"
    assert [rule for _, _, rule in wrong("transactions", back)] == ["L12"]
    assert [rule for _, _, rule in wrong("transactions", back.replace("branch", acme.public_id))]
    assert doctor.examine().sound
