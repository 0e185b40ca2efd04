"""What SQL says once of links, statuses and groups, held against the rules for every combination."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.actions import groups
from portal.db import notices
from portal.db.customers import status
from portal.db.customers.profiles import by_reference
from portal.db.customers.search import finding as search
from portal.db.customers.search.asking import CustomerFilter
from portal.db.engine import db
from portal.db.groups import live, wards
from portal.db.groups import members as member_rows
from portal.db.imports.transactions import payees
from portal.db.links import sub_accounts
from portal.db.links.live import above, paid_above, paid_for, payer, used
from portal.db.links.sub_accounts import SubAccountFilter
from portal.db.tables import Customer, SharedBalance, SubAccountLink
from portal.rules.customers.status import EffectiveStatus, Status, effective_status
from portal.rules.deciding import SYSTEM
from portal.rules.links.facts import BillingMode
from tests import families, people

COMBINATIONS = [(own, main, mode) for own, main, mode in product(Status, (None, *Status), BillingMode)]


def name(own: Status, main: Status | None, mode: BillingMode) -> str:
    return f"{own}-under-{main}-{mode}" if main else f"{own}-alone-{mode}"


def expected(own: Status, main: Status | None, mode: BillingMode) -> EffectiveStatus:
    return effective_status(own, main if mode is BillingMode.AGGREGATED else None)


@pytest.fixture
def everybody(app: Flask) -> dict[str, EffectiveStatus]:
    """A customer of every own status under main accounts of every status in every mode, each with what it shows."""
    mains = [f"main-{main}-{mode}" for main, mode in product(Status, BillingMode)]
    for reference in mains:
        people.customer(reference)
    for own, main, mode in COMBINATIONS:
        people.customer(name(own, main, mode))
        if main:
            people.link(f"main-{main}-{mode}", name(own, main, mode), mode)
    for main, mode in product(Status, BillingMode):
        families.change(f"main-{main}-{mode}", own_status=main)
    for own, main, mode in COMBINATIONS:
        families.change(name(own, main, mode), own_status=own)
    found = {name(*one): expected(*one) for one in COMBINATIONS}
    return found | {f"main-{main}-{mode}": EffectiveStatus(main) for main, mode in product(Status, BillingMode)}


def test_l11_sql_shows_the_status_of_the_rule(everybody: dict[str, EffectiveStatus]) -> None:
    link, main = aliased(SubAccountLink), aliased(Customer)
    statuses = (Customer.own_status, main.own_status, link.mode)
    for joined in (above, paid_above):
        rows = db.session.execute(
            select(Customer.external_id, status.shown(*statuses), status.imposed(*statuses))
            .outerjoin(link, joined(link, Customer.id))
            .outerjoin(main, main.id == link.main_id)
        )
        assert {key: EffectiveStatus(shown, bool(imposed)) for key, shown, imposed in rows} == everybody


@pytest.mark.parametrize("wanted", Status)
def test_l11_the_search_finds_and_counts_by_the_status_shown(
    everybody: dict[str, EffectiveStatus], wanted: Status
) -> None:
    shown = {key for key, effective in everybody.items() if effective.status is wanted}
    found = search.search(CustomerFilter(status=wanted, size=100)).rows
    assert {one.reference for one in found} == shown
    assert all(one.status == everybody[one.reference] for one in found)
    assert search.status_counts()[wanted] == len(shown)


def test_l11_the_list_of_sub_accounts_filters_by_the_status_shown(everybody: dict[str, EffectiveStatus]) -> None:
    for main, mode, wanted in product(Status, BillingMode, (None, *Status)):
        above_them = by_reference(f"main-{main}-{mode}")
        assert above_them is not None
        rows, totals = sub_accounts.sub_accounts(above_them.id, main, SubAccountFilter(status=wanted))
        theirs = {key: everybody[key] for key in (name(own, main, mode) for own in Status)}
        matching = {key: one for key, one in theirs.items() if wanted in (None, one.status)}
        assert {row.external_id: row.status for row in rows} == matching
        assert totals.count == len(matching)


def test_o3_l11_who_is_blocked_and_because_of_whom(everybody: dict[str, EffectiveStatus]) -> None:
    references = {key: reference for key, reference in db.session.execute(select(Customer.id, Customer.external_id))}  # noqa: C416
    found = notices.blocked_among(references)
    blocked = {key: one.imposed for key, one in everybody.items() if one.status is Status.BLOCKED}
    assert {str(references[key]): one.because_of_id is not None for key, one in found.items()} == blocked


def test_s9_sql_finds_the_payer_of_the_rule(app: Flask) -> None:
    for reference in ("acme", "branch", "apart", "home", "second", "alone"):
        people.customer(reference, kind="individual")
    people.link("acme", "branch")
    people.link("acme", "apart", "independent")
    people.share("home", "second")
    references = ["acme", "branch", "apart", "home", "second", "alone"]
    profiles = {reference: by_reference(reference) for reference in references}
    pays = {reference: profile.payer_id for reference, profile in profiles.items() if profile}
    link, share = SubAccountLink, SharedBalance
    query = (
        select(Customer.external_id, payer(Customer.id, link, share))
        .outerjoin(link, paid_above(link, Customer.id))
        .outerjoin(share, used(share, Customer.id))
    )
    assert {reference: who for reference, who in db.session.execute(query)} == pays  # noqa: C416
    assert {reference: one.payer_id for reference, one in payees(references).items()} == pays
    for reference, profile in profiles.items():
        assert profile is not None
        others = {key for key, who in pays.items() if who == profile.id and key != reference}
        ids = db.session.scalars(paid_for(profile.id)).all()
        assert {key for key, one in profiles.items() if one and one.id in ids} == others


def test_g18_sql_finds_who_may_act_as_the_rule_does(app: Flask) -> None:
    """For every pair of members, with a freeze that lasts, one that was ended, and none."""
    families.switch()
    for name in ("olga", "ada", "gone"):
        families.person(name)
    for name in ("frozen", "thawed", "free"):
        families.child(name)
    members = dict.fromkeys(("frozen", "thawed", "free"), families.DEPENDENT)
    members |= dict.fromkeys(("ada", "gone"), families.ADMIN)
    families.family("olga", **members)
    for name in ("frozen", "thawed"):
        groups.freeze(SYSTEM, name, "A dispute")
    groups.unfreeze(SYSTEM, "thawed", "It is settled")
    groups.freeze(SYSTEM, "ada", "She is an Admin, so that it changes nothing")
    references = ["olga", *members]
    stored = dict(db.session.execute(select(Customer.external_id, live.frozen(Customer.id))).all())
    assert {name for name in references if stored[name]} == {"frozen", "ada"}
    today = date(2026, 11, 22)
    for by, about in product(references, references):
        if by == about:
            continue
        actor, subject = by_reference(by), by_reference(about)
        assert actor is not None
        assert subject is not None
        kinships = member_rows.kinships(actor.id, subject.id, 18, today)
        guards = by in ("olga", "ada", "gone") and about in ("frozen", "thawed", "free")
        assert [bool(kin.reach) for kin in kinships] == [guards and about != "frozen"], (by, about)
        around = [ward.public_id for ward in wards.around(actor.id, 18, today).wards if ward.kinship.reach]
        assert (subject.public_id in around) is (guards and about != "frozen"), (by, about)
