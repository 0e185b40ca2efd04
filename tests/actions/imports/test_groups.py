"""Importing groups: rows in any order, one Owner in the end, and every refusal by its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.actions import doctor, groups, imports
from portal.actions.groups import Edit, Sheet
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.partners import features
from portal.db.tables import ActingConsent, AuditRecord, CustomerGroup, GroupLabel, GroupMember, OutboxMessage
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.holders import Role
from portal.rules.imports import FileKind
from portal.rules.scopes import Scope
from tests import people
from tests.importing import clean, imported, sentences, wrong
from tests.log import log
from tests.logins import administrator, login
from tests.queries import counted

HEAD = "group,customer,role,label\n"
FAMILY = HEAD + "fam,kid,dependent,Child\nfam,mum,owner,Parent\nfam,aunt,admin,\n"


@pytest.fixture
def crowd(app: Flask) -> None:
    for name in ("mum", "dad", "aunt", "solo"):
        people.customer(name, kind="individual", born_on=date(1980, 5, 1))
    people.customer("kid", kind="individual", born_on=date(2015, 5, 1))
    people.customer("gran", kind="individual", born_on=date(1950, 5, 1))


def sheet(member: str) -> Sheet:
    db.session.rollback()
    db.session.expire_all()
    return groups.sheet(SYSTEM, member)


def roles(member: str) -> dict[str, str]:
    """Everybody in the group of this member with role and label."""
    return {one.reference: f"{one.role.value} {one.label}".strip() for one in sheet(member).members}


def deeds(customer: str) -> list[tuple[str, str]]:
    """What the log says about somebody, oldest first."""
    found = customers.by_reference(customer)
    assert found is not None
    return [(line.action, line.text) for line in log(AuditRecord.subject_id == found.id)]


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def allow(several: int) -> None:
    """Let customers be in several groups."""

    @writes
    def change() -> None:
        for one in features.settings():
            features.save(one.id, {"groups_per_customer": several})

    change()


# What it does


@pytest.mark.usefixtures("crowd")
def test_a_group_is_made_whatever_the_order_of_its_rows(app: Flask) -> None:
    assert clean("groups", FAMILY) == (3, 0, 0)
    assert roles("kid") == {"mum": "owner Parent", "aunt": "admin", "kid": "dependent Child"}
    found = sheet("mum")
    assert found.group.external_id == "fam"
    assert [one.scopes for one in found.members] == [frozenset(Scope), frozenset(Scope), frozenset()]
    assert all(one.until is None for one in found.members)
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_again_it_is_skipped_and_what_differs_is_changed(app: Flask) -> None:
    clean("groups", FAMILY)
    before = count(AuditRecord)
    assert clean("groups", FAMILY) == (0, 0, 3)
    assert count(AuditRecord) == before
    changed = "fam,kid,dependent,Carer\nfam,mum,owner,Parent\nfam,aunt,dependent,\nfam,dad,admin,Parent\n"
    assert clean("groups", HEAD + changed) == (1, 2, 1)
    expected = {"mum": "owner Parent", "dad": "admin Parent", "aunt": "dependent", "kid": "dependent Carer"}
    assert roles("kid") == expected
    assert deeds("kid")[-1] == ("group.change", "Kid in the group of Mum: another label")
    assert deeds("aunt")[-1] == ("group.change", "Aunt in the group of Mum: role Dependent")
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_without_a_column_of_labels_members_keep_theirs(app: Flask) -> None:
    clean("groups", FAMILY)
    rows = "fam,kid,dependent\nfam,mum,owner\nfam,aunt,admin\n"
    assert clean("groups", f"group,customer,role\n{rows}") == (0, 0, 3)
    lines = '{"group": "fam", "customer": "mum", "role": "owner"}\n'
    assert clean("groups", lines, suffix=".jsonl") == (0, 0, 1)
    assert clean("groups", HEAD + "fam,kid,dependent,\n") == (0, 1, 0)
    assert roles("mum") == {"mum": "owner Parent", "aunt": "admin", "kid": "dependent"}


@pytest.mark.usefixtures("crowd")
def test_roles_and_labels_may_be_written_in_any_case(app: Flask) -> None:
    assert clean("groups", HEAD + "fam,mum,OWNER,parent\nfam,kid,Dependent,CHILD\n") == (2, 0, 0)
    assert roles("mum") == {"mum": "owner Parent", "kid": "dependent Child"}
    assert clean("groups", HEAD + "fam,mum,owner,Parent\nfam,kid,dependent,Child\n") == (0, 0, 2)


@pytest.mark.usefixtures("crowd")
def test_keys_of_any_script_are_kept(app: Flask) -> None:
    key = "Zoë <b>O'Brien</b> 株式会社 عربى"
    assert clean("groups", f'{HEAD}"{key}",mum,owner,\n') == (1, 0, 0)
    assert sheet("mum").group.external_id == key


@pytest.mark.usefixtures("crowd")
def test_the_same_row_twice_counts_once(app: Flask) -> None:
    assert clean("groups", FAMILY + "fam,kid,dependent,Child\n") == (3, 0, 1)


@pytest.mark.usefixtures("crowd")
def test_everybody_remembers_it(app: Flask) -> None:
    clean("groups", FAMILY)
    assert deeds("mum") == [("group.create", "A group was created with Mum as its Owner")]
    assert deeds("kid") == [("group.add", "Kid joined the group of Mum as Dependent")]
    details = db.session.scalars(select(AuditRecord.details).where(AuditRecord.action == "group.add")).first()
    assert details == {"group": sheet("mum").group.public_id}


@pytest.mark.usefixtures("crowd")
def test_nobody_is_told_by_mail(app: Flask) -> None:
    login(people.customer("late", kind="individual"), "late@example.test")
    clean("groups", HEAD + "fam,mum,owner,\nfam,late,admin,\n")
    assert count(OutboxMessage) == 0


@pytest.mark.usefixtures("crowd")
def test_a_dry_run_forms_no_group(app: Flask) -> None:
    outcome = imported("groups", FAMILY, dry_run=True)
    assert (outcome.created, outcome.errors, outcome.dry_run) == (3, (), True)
    assert (count(CustomerGroup), count(GroupMember)) == (0, 0)


@pytest.mark.usefixtures("crowd")
def test_g1_it_may_be_done_while_the_feature_is_off_and_grants_nothing(app: Flask) -> None:
    clean("groups", FAMILY)
    assert not sheet("mum").group.on
    groups.switch_groups(SYSTEM, True)
    assert sheet("mum").group.on


# Owners (G3)


@pytest.mark.usefixtures("crowd")
def test_g3_the_role_owner_for_another_member_transfers_the_ownership(app: Flask) -> None:
    clean("groups", FAMILY)
    version = sheet("mum").group.version
    assert clean("groups", HEAD + "fam,aunt,owner,\n") == (0, 1, 0)
    assert roles("mum") == {"aunt": "owner", "mum": "admin Parent", "kid": "dependent Child"}
    assert sheet("mum").group.version == version + 1
    transfer = ("group.transfer", "Aunt became the Owner of the group, before that Mum")
    assert transfer in deeds("aunt")
    assert deeds("mum")[-1] == ("group.transfer", "Mum is no longer the Owner; that is now Aunt")
    assert clean("groups", HEAD + "fam,aunt,owner,\nfam,mum,admin,Parent\n") == (0, 0, 2)
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_g3_a_newcomer_may_take_the_group_over_and_the_owner_before_become_what_its_row_says(app: Flask) -> None:
    clean("groups", FAMILY)
    assert clean("groups", HEAD + "fam,mum,dependent,\nfam,dad,owner,\n") == (1, 1, 0)
    assert roles("dad") == {"dad": "owner", "aunt": "admin", "kid": "dependent Child", "mum": "dependent"}
    assert sheet("dad").group.owner_reference == "dad"


@pytest.mark.usefixtures("crowd")
def test_g3_who_becomes_owner_has_no_end_any_more(app: Flask) -> None:
    clean("groups", FAMILY)
    groups.switch_groups(SYSTEM, True)
    place = groups.find_place(SYSTEM, "aunt")
    until = date(2027, 3, 1)
    groups.change_member(SYSTEM, place.group, place.member, Edit(GroupRole.ADMIN, "", frozenset({Scope.VIEW}), until))
    clean("groups", HEAD + "fam,aunt,admin,Carer\n")
    aunt = sheet("mum").members[1]
    assert (aunt.label, aunt.until, aunt.scopes) == ("Carer", until, frozenset({Scope.VIEW}))
    clean("groups", HEAD + "fam,aunt,owner,\n")
    aunt = sheet("mum").members[0]
    assert (aunt.reference, aunt.until, aunt.scopes) == ("aunt", None, frozenset(Scope))


@pytest.mark.usefixtures("crowd")
def test_g3_an_offer_of_the_ownership_lapses_with_the_transfer(app: Flask) -> None:
    clean("groups", FAMILY)
    groups.switch_groups(SYSTEM, True)
    aunt = customers.by_reference("aunt")
    assert aunt is not None
    login(aunt, "aunt@example.test")
    mum = customers.by_reference("mum")
    assert mum is not None
    login(mum, "mum@example.test")
    place = groups.find_place(SYSTEM, "aunt")
    groups.offer_ownership(SYSTEM, place.group, place.member)
    assert len(sheet("mum").invitations) == 1
    clean("groups", HEAD + "fam,aunt,dependent,\n")
    assert sheet("mum").invitations == ()


@pytest.mark.usefixtures("crowd")
def test_g3_a_group_has_exactly_one_owner(app: Flask) -> None:
    text = HEAD + "a,kid,dependent,\na,aunt,admin,\nb,mum,owner,\nb,dad,owner,\n"
    assert wrong("groups", text) == [(2, "role", "G3"), (5, "role", "G3")]
    assert sentences("groups", text) == [
        "line 2, role: [G3] The group “a” has no Owner. Give one of its rows the role owner.",
        (
            "line 5, role: [G3] The group “b” would have two Owners, “mum” on line 4 and “dad”. "
            "Give one of them another role."
        ),
    ]
    assert count(CustomerGroup) == 0
    clean("groups", FAMILY)
    assert wrong("groups", HEAD + "fam,mum,admin,Parent\n") == [(2, "role", "G3")]
    assert roles("mum")["mum"] == "owner Parent"


@pytest.mark.usefixtures("crowd")
def test_a_group_whose_row_is_wrong_in_itself_is_not_said_to_have_no_owner(app: Flask) -> None:
    assert wrong("groups", HEAD + "a,mum,ownr,\na,kid,dependent,\n") == [(2, "role", "")]
    assert wrong("groups", HEAD + "a,nobody,owner,\na,kid,dependent,\n") == [(2, "customer", "")]


# Whom it takes


@pytest.mark.usefixtures("crowd")
def test_g5_groups_per_customer_count_within_the_file_and_before_it(app: Flask) -> None:
    text = HEAD + "a,mum,owner,\na,kid,dependent,\nb,dad,owner,\nb,kid,dependent,\n"
    assert wrong("groups", text) == [(5, "customer", "G5")]
    clean("groups", FAMILY)
    assert wrong("groups", HEAD + "c,solo,owner,\nc,aunt,admin,\n") == [(3, "customer", "G5")]
    allow(2)
    assert clean("groups", HEAD + "c,solo,owner,\nc,aunt,admin,\n") == (2, 0, 0)
    assert wrong("groups", HEAD + "d,aunt,owner,\n") == [(2, "customer", "G5")]


@pytest.mark.usefixtures("crowd")
def test_g5_a_membership_that_has_ended_counts_again_once_it_owns(app: Flask) -> None:
    clean("groups", FAMILY)

    @writes
    def let_lapse() -> None:
        member = groups.find_place(SYSTEM, "aunt").member
        query = update(GroupMember).where(GroupMember.public_id == member)
        db.session.execute(query.values(until=date(2026, 11, 1)))

    let_lapse()
    assert clean("groups", HEAD + "c,solo,owner,\nc,aunt,admin,\nfam,aunt,admin,\n") == (2, 0, 1)
    assert wrong("groups", HEAD + "fam,aunt,owner,\n") == [(2, "role", "G5")]


@pytest.mark.usefixtures("crowd")
def test_g9_members_are_of_the_partner_of_the_group(app: Flask) -> None:
    people.customer("far", of="Lakeside")
    assert wrong("groups", HEAD + "a,far,dependent,\na,mum,owner,\n") == [(2, "customer", "G9")]
    clean("groups", FAMILY)
    (said,) = sentences("groups", HEAD + "fam,far,dependent,\n")
    assert said == (
        "line 2, customer: [G9] Far belongs to Lakeside and the group to Harbour Net. "
        "Members of a group are of one partner."
    )
    assert wrong("groups", HEAD + "fam,far,owner,\n") == [(2, "customer", "G9")]


@pytest.mark.usefixtures("crowd")
def test_c1_the_inactive_do_not_join_and_stay_where_they_are(app: Flask) -> None:
    people.customer("gone", own_status="inactive")
    people.customer("main", own_status="active")
    people.customer("sub")
    people.link("main", "sub")
    clean("customers", "external_id,name,status\nmain,Main,inactive\n")
    text = HEAD + "fam,mum,owner,\nfam,gone,dependent,\nfam,sub,dependent,\n"
    assert wrong("groups", text) == [(3, "customer", "C1"), (4, "customer", "C1")]
    clean("groups", FAMILY)
    clean("customers", "external_id,name,status\nkid,Kid,inactive\n")
    assert clean("groups", FAMILY) == (0, 0, 3)


@pytest.mark.usefixtures("crowd")
def test_all_that_is_wrong_with_one_row_is_listed(app: Flask) -> None:
    people.customer("far", of="Lakeside", own_status="inactive")
    found = wrong("groups", HEAD + "fam,mum,owner,\nfam,far,dependent,Neighbour\n")
    assert found == [(3, "label", ""), (3, "customer", "G9"), (3, "customer", "C1")]


@pytest.mark.usefixtures("crowd")
def test_unknown_customers_labels_roles_and_columns_are_named(app: Flask) -> None:
    text = HEAD + "fam,mum,owner,Boss\nfam,nobody,admin,\nfam,kid,child,\n,kid,dependent,\nfam,,,\n"
    assert wrong("groups", text) == [
        (2, "label", ""),
        (3, "customer", ""),
        (4, "role", ""),
        (5, "group", ""),
        (6, "role", ""),
        (6, "customer", ""),
    ]
    assert "line 2, label: “Boss” is not one of the labels: Parent, Nanny, Child, Carer." in sentences("groups", text)
    assert wrong("groups", "group,customer,role,until\na,mum,owner,\n") == [(1, "until", "")]
    assert wrong("groups", "group,customer\na,mum\n") == [(1, "role", "")]
    assert count(CustomerGroup) == 0


@pytest.mark.usefixtures("crowd")
def test_two_different_rows_for_one_member_are_no_guess(app: Flask) -> None:
    text = FAMILY + "fam,kid,admin,Child\n"
    assert sentences("groups", text) == [
        "line 5, customer: “kid” stands in this group on line 2 with other contents.",
    ]


@pytest.mark.usefixtures("crowd")
def test_g4_a_retired_label_stays_and_is_not_given_anew(app: Flask) -> None:
    clean("groups", FAMILY)
    groups.retire_label(SYSTEM, "Child", True)
    assert clean("groups", FAMILY) == (0, 0, 3)
    assert wrong("groups", HEAD + "fam,aunt,admin,Child\n") == [(2, "label", "")]
    assert clean("groups", HEAD + "fam,kid,dependent,\n") == (0, 1, 0)
    assert wrong("groups", HEAD + "fam,dad,dependent,Child\n") == [(2, "label", "")]
    assert "Child" not in sentences("groups", HEAD + "fam,dad,dependent,Child\n")[0].partition("labels:")[2]
    assert count(GroupLabel) == 4


@pytest.mark.usefixtures("crowd")
def test_a_dissolved_groups_key_is_not_given_again(app: Flask) -> None:
    clean("groups", HEAD + "fam,mum,owner,\n")
    groups.switch_groups(SYSTEM, True)
    groups.dissolve(SYSTEM, groups.find_place(SYSTEM, "mum").group)
    assert wrong("groups", HEAD + "fam,mum,owner,\n") == [(2, "group", "")]
    assert clean("groups", HEAD + "fam-2,mum,owner,\n") == (1, 0, 0)


@pytest.mark.usefixtures("crowd")
def test_pri2_adults_agree_through_whoever_imports_them(app: Flask) -> None:
    people.customer("ageless", kind="individual", born_on=None)
    ada = administrator("ada@kith.example", Role.FRONT_OF_HOUSE)
    rows = "fam,mum,owner,\nfam,kid,dependent,\nfam,gran,dependent,\nfam,aunt,admin,\nfam,ageless,dependent,\n"
    clean("groups", HEAD + rows, actor=ada)
    members = {one.reference: one for one in sheet("mum").members}
    assert (members["gran"].consent, members["gran"].consent_by) == (frozenset(Scope), "recorded by ada@kith.example")
    assert members["kid"].consent is None
    assert not any(one.paused for one in members.values())
    clean("groups", HEAD + "fam,gran,admin,\nfam,aunt,dependent,\n")
    members = {one.reference: one for one in sheet("mum").members}
    assert members["gran"].consent is None
    assert members["aunt"].consent_by == "recorded by system operator"
    standing = select(func.count()).select_from(ActingConsent).where(ActingConsent.withdrawn_at.is_(None))
    assert db.session.scalar(standing) == 2
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_who_looks_after_one_partner_imports_its_groups_only(app: Flask) -> None:
    people.customer("far", of="Lakeside")
    clean("groups", FAMILY)
    bound = administrator("lake@kith.example", Role.FRONT_OF_HOUSE, people.partner("Lakeside"))
    assert clean("groups", HEAD + "lake,far,owner,\n", actor=bound) == (1, 0, 0)
    found = wrong("groups", HEAD + "fam,far,dependent,\nnew,mum,owner,\n", actor=bound)
    assert found == [(2, "group", ""), (3, "customer", "")]


@pytest.mark.usefixtures("crowd")
def test_a_customer_in_a_group_stays_with_its_partner(app: Flask) -> None:
    people.partner("Lakeside")
    text = "external_id,name,partner\nsolo,Solo,Lakeside\n"
    clean("groups", HEAD + "fam,solo,owner,\n")
    assert wrong("customers", text) == [(2, "partner", "")]
    groups.switch_groups(SYSTEM, True)
    groups.dissolve(SYSTEM, groups.find_place(SYSTEM, "solo").group)
    assert wrong("customers", text) == [(2, "partner", "")]


# Size


def test_a_large_file_asks_no_more_than_a_small_one(app: Flask, tmp_path: Path) -> None:
    people.partner()
    born = ("1985-01-01", "1985-01-01", "1985-01-01", "2015-01-01", "2015-01-01")
    rows = "".join(f"c{number},Name {number},Harbour Net,{born[number % 5]}\n" for number in range(6_000))
    clean("customers", f"external_id,name,partner,born_on\n{rows}")

    def text(first: int, last: int) -> str:
        roles = ("dependent", "owner", "admin", "dependent", "dependent")
        return "".join(f"g{number // 5},c{number},{roles[number % 5]},\n" for number in range(first, last))

    with counted() as few:
        clean("groups", HEAD + text(5_000, 5_500))
    with counted() as many:
        clean("groups", HEAD + text(0, 5_000))
    assert len(many) <= len(few) + 2
    with counted() as again:
        assert clean("groups", HEAD + text(0, 5_500)) == (0, 0, 5_500)
    assert len(again) <= 2 * len(few)
    told: list[int] = []
    path = tmp_path / "file.csv"
    path.write_text(HEAD + text(5_500, 6_000), encoding="utf-8")
    imports.import_file(SYSTEM, FileKind.GROUPS, path, progress=lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size
