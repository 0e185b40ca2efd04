"""Some of the combinations of `tests.link_table`, made with real customers: what is shown is what happens, on both
engines, and what is refused changes nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from typing import Any

from flask import Flask

from portal.rules.customers.status import Status
from portal.rules.links.facts import BillingMode
from tests import books, families, foresight, people
from tests import link_table as tables
from tests.importing import clean
from tests.link_table import Case, Fields, Row, applying, expected

FREE, MUCH = 4, 3
"""How many cases are taken that nothing refuses, and that several conditions do; each condition has one of its own."""


def sample(
    table: Sequence[Row],
    fields: Fields,
    possible: Callable[[Case], bool],
    *,
    free: int = FREE,
    warned: Sequence[Row] = (),
) -> list[Case]:
    """For each row a case that it alone refuses, some that nothing refuses, some of those that one is warned of, and
    some with much in the way.
    """
    found: list[Case] = []
    left = dict.fromkeys((row.says for row in table), 1) | {"free": free, "warned": 2 * len(warned), "much": MUCH}
    for case in islice(tables.drawn(fields, random.Random(20)), 100_000):
        rows = applying(table, case)
        allowed = "warned" if applying(warned, case) else "free"
        kind = "much" if len(rows) > 1 else rows[0].says if rows else allowed
        if left[kind] and possible(case) and case not in found:
            left[kind] -= 1
            found.append(case)
        if not any(left.values()):
            return found
    raise AssertionError(f"no case for {[kind for kind, count in left.items() if count]}")


def numbered(found: Sequence[Case], prefix: str) -> Iterator[tuple[str, Case]]:
    """Each case with a prefix for the names of its customers."""
    yield from ((f"{prefix}{number}", case) for number, case in enumerate(found))


def furnish(reference: str, case: Case, who: str) -> None:
    """Give a customer the money, the entries ahead and the future items that a case says it has."""
    have = {name: case.get(f"{who} {name}", case.get(name, "")) for name in ("house", "credit", "ahead", "future")}
    if have["house"] in ("negative", "positive"):
        people.post(reference, "invoice" if have["house"] == "negative" else "payment", 1250, "2026-11-01")
    if have["credit"] == "positive":
        people.post(reference, "payment", 700, "2026-11-01", ledger="credit")
    if have["ahead"] == "some":
        people.post(reference, "invoice", 5, "2026-12-24")
    if have["future"] == "some":
        row = f"{reference}-f,{reference},2026-12-01,future_item,5\n"
        clean("transactions", f"external_id,customer,date,kind,amount\n{row}")


def tie(reference: str, how: str, other: str, of: str = "Harbour Net") -> None:
    """Make a tie of a case by its word; `other` names whoever is at the other end."""
    if how in ("none", "nothing"):
        return
    people.customer(other, of=of)
    if how == "as-primary":
        people.share(reference, other)
    elif how == "as-secondary":
        people.share(other, reference)
    elif how == "main":
        people.link(reference, other, "independent")
    else:
        people.link(other, reference, how.removesuffix("-sub"))


def finish(reference: str, **columns: Any) -> str:
    """What a customer is in the end, past what may be posted to or linked; its public id."""
    families.change(reference, **{name: value for name, value in columns.items() if value})
    return families.profile(reference).public_id


def type_of(case: Case, who: str) -> str:
    return "prepaid_daily" if case.get(f"{who} type") == "prepaid" else ""


def compare(wanted: list[str], found: list[str], case: Case) -> None:
    assert sorted(found) == wanted, case


# Linking --------------------------------------------------------------------------------------------------------------


def can_be_linked_in(case: Case) -> bool:
    """Whether the circumstances can come about by the rules at all."""
    linked, secondary = case["links"], case["sub shares"] == "as-secondary"
    if secondary and (case["house"], case["credit"], case["ahead"]) != ("zero", "zero", "none"):
        return False  # a secondary account has no balances of its own
    if secondary and linked.startswith("sub-has"):
        return False
    if case["main shares"] == "as-secondary" and linked == "sub-of-this-main":
        return False
    if case["main shares"] != "nothing" and linked == "main-is-aggregated-sub":
        return False
    return not (linked == "sub-of-this-main" and case["partner"] == "other")


def linked_in(name: str, case: Case) -> tuple[str, str]:
    """A main account and a sub-account in these circumstances."""
    main, sub = f"{name}-main", f"{name}-sub"
    there = "Harbour Net" if case["partner"] == "same" else "Lakeside"
    people.customer(main, billing_day=1)
    people.customer(sub, of=there, billing_day=9)
    tie(main, case["main shares"], f"{name}-main-mate")
    tie(sub, case["sub shares"], f"{name}-sub-mate", there)
    ties = case["links"]
    if ties == "sub-of-this-main":
        people.link(main, sub, "independent")
    elif ties == "sub-of-another":
        tie(sub, "independent", f"{name}-rival", there)
    elif ties.startswith("main-is"):
        tie(main, ties.removeprefix("main-is-"), f"{name}-rival")
    elif ties.startswith("sub-has"):
        people.customer(f"{name}-kid", of=there)
        people.link(sub, f"{name}-kid", ties.removeprefix("sub-has-"))
    furnish(sub, case, "sub")
    first = finish(main, own_status=case["main"], billing_type=type_of(case, "main"))
    return first, finish(sub, own_status=case["sub"], billing_type=type_of(case, "sub"))


def test_l3_l4_l5_l6_l7_l11_p6_linking_shows_what_happens(app: Flask) -> None:
    chosen = sample(tables.LINKING_REFUSED, tables.LINKING, can_be_linked_in, warned=tables.LINKING_WARNED)
    for name, case in numbered(chosen, "c"):
        found = foresight.link(*linked_in(name, case), BillingMode(case["mode"]))
        compare(expected(tables.LINKING_REFUSED, case), found, case)
    books.check()


# Editing the mode and unlinking ---------------------------------------------------------------------------------------


def can_be_edited_in(case: Case) -> bool:
    aggregated = case["edit"] in ("to-independent", "stays-aggregated")
    own = (case["house"], case["credit"], case["ahead"])
    if aggregated:  # it was settled when it was linked, and what came since is on the main account's books
        types = (case["sub type"], case["main type"], case["sub shares"])
        return own == ("zero", "zero", "none") and types == ("recurring", "recurring", "nothing")
    return case["sub shares"] != "as-secondary" or own == ("zero", "zero", "none")


def edited_in(name: str, case: Case) -> str:
    main, sub = f"{name}-main", f"{name}-sub"
    people.customer(main, billing_day=1)
    people.customer(sub, billing_day=9)
    tie(sub, case.get("sub shares", "nothing"), f"{name}-mate")
    furnish(main, {"house": case["main balance"]}, "main")
    tie(main, case.get("main shares", "nothing"), f"{name}-main-mate")
    before = case["mode"] if "mode" in case else case["edit"].removeprefix("stays-")
    people.link(main, sub, {"to-aggregated": "independent", "to-independent": "aggregated"}.get(before, before))
    furnish(sub, case, "sub")
    finish(main, own_status=case["main"], billing_type=type_of(case, "main"))
    return finish(sub, own_status=case["sub"], billing_type=type_of(case, "sub"))


def test_l9_l6_editing_the_mode_shows_what_happens(app: Flask) -> None:
    for name, case in numbered(sample(tables.EDITING_REFUSED, tables.EDITING, can_be_edited_in), "e"):
        after = case["edit"].removeprefix("to-").removeprefix("stays-")
        found = foresight.change_mode(edited_in(name, case), BillingMode(after))
        compare(expected(tables.EDITING_REFUSED, case), found, case)
    books.check()


def test_l10_unlinking_shows_what_happens(app: Flask) -> None:
    for name, case in numbered(sample(tables.UNLINKING_REFUSED, tables.UNLINKING, lambda _: True), "u"):
        found = foresight.unlink(edited_in(name, case))
        compare(expected(tables.UNLINKING_REFUSED, case), found, case)
    books.check()


# Sharing balances -----------------------------------------------------------------------------------------------------


def can_be_shared_in(case: Case) -> bool:
    for who in ("first", "second"):
        shares, ties = case[f"{who} shares"], case[f"{who} links"]
        if (shares != "nothing" and ties == "aggregated-sub") or (shares == "as-secondary" and ties == "main"):
            return False
    elsewhere = case["second shares"] == "as-secondary" or case["second links"] == "aggregated-sub"
    return not elsewhere or case["second house"] == "zero"


def shared_in(name: str, case: Case) -> tuple[str, str]:
    there = "Harbour Net" if case["partner"] == "same" else "Lakeside"
    for who, of in (("first", "Harbour Net"), ("second", there)):
        people.customer(f"{name}-{who}", of=of)
        tie(f"{name}-{who}", case[f"{who} shares"], f"{name}-{who}-mate", of)
        tie(f"{name}-{who}", case[f"{who} links"], f"{name}-{who}-tie", of)
    furnish(f"{name}-second", case, "second")
    return finish(f"{name}-first", own_status=case["first"]), finish(f"{name}-second", own_status=case["second"])


def test_p5_p6_sharing_balances_shows_what_happens(app: Flask) -> None:
    for name, case in numbered(sample(tables.SHARING_REFUSED, tables.SHARING, can_be_shared_in), "p"):
        first, second = shared_in(name, case)
        compare(expected(tables.SHARING_REFUSED, case), foresight.share(first, second), case)
        if not expected(tables.SHARING_REFUSED, case):
            assert foresight.part(second) == []
    books.check()


# Removing -------------------------------------------------------------------------------------------------------------


def can_be_removed_in(case: Case) -> bool:
    paid_for = case["links"] == "aggregated-sub" or case["shares"] == "as-secondary"
    if case["shares"] != "nothing" and case["links"] == "aggregated-sub":
        return False
    if case["shares"] == "as-secondary" and case["links"] == "main":
        return False
    return not paid_for or (case["house"], case["credit"], case["ahead"]) == ("zero", "zero", "none")


def test_l12_removing_shows_what_happens(app: Flask) -> None:
    for name, case in numbered(sample(tables.REMOVING_REFUSED, tables.REMOVING, can_be_removed_in, free=1), "r"):
        people.customer(name)
        tie(name, case["shares"], f"{name}-mate")
        tie(name, case["links"], f"{name}-tie")
        furnish(name, case, "")
        found = foresight.remove(finish(name, own_status=case["status"]))
        compare(expected(tables.REMOVING_REFUSED, case), found, case)
    books.check()


# Statuses -------------------------------------------------------------------------------------------------------------

SHOWN = {
    # own status: what an aggregated sub-account shows under a main account that is New, Active, Blocked, Inactive
    "new": "new new blocked inactive",
    "active": "active active blocked inactive",
    "blocked": "blocked blocked blocked inactive",
    "inactive": "inactive inactive inactive inactive",
}


def test_l11_o6_a_status_shows_who_follows_and_they_do(app: Flask) -> None:
    """From every status to every status, with sub-accounts of every status and mode."""
    main = people.customer("acme").public_id
    subs = {}
    for own, mode in product(SHOWN, ("aggregated", "independent")):
        people.customer(f"{own}-{mode}")
        people.link("acme", f"{own}-{mode}", mode)
        subs[own, mode] = finish(f"{own}-{mode}", own_status=own)
    for before, after in product(SHOWN, SHOWN):
        families.change("acme", own_status=before)
        assert foresight.set_status(main, Status(after)) == []
        for (own, mode), sub in subs.items():
            shown = SHOWN[own].split()[list(SHOWN).index(after)] if mode == "aggregated" else own
            assert foresight.profile(sub).status.status == shown, (before, after, own, mode)
    books.check()
