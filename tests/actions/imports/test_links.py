"""Importing links and shared balances: the rules of linking one by one, each row seeing what earlier ones did."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions import doctor, imports
from portal.actions.imports import links as imported_links
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.links import linking as links
from portal.db.tables import AuditRecord, SubAccountLink
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Refused
from portal.rules.links.facts import BillingMode
from tests import books, families, foresight, people
from tests.importing import clean, imported, sentences, wrong
from tests.log import log

HEAD = "main,sub,billing_mode,action\n"


def mode_of(sub: str) -> BillingMode | None:
    found = customers.by_reference(sub)
    assert found is not None
    return found.mode


@pytest.fixture
def crowd(app: Flask) -> None:
    for name in ("main", "other", "a", "b", "c"):
        people.customer(name)


@pytest.mark.usefixtures("crowd")
def test_links_are_made_changed_and_ended(app: Flask) -> None:
    assert clean("links", HEAD + "main,a,aggregated,\nmain,b,independent,link\n") == (2, 0, 0)
    assert (mode_of("a"), mode_of("b")) == (BillingMode.AGGREGATED, BillingMode.INDEPENDENT)
    again = HEAD + "main,a,aggregated,\nmain,b,aggregated,mode\nmain,a,,unlink\nmain,c,,unlink\n"
    assert clean("links", again) == (0, 2, 2)
    assert (mode_of("a"), mode_of("b"), mode_of("c")) == (None, BillingMode.AGGREGATED, None)
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_each_row_sees_what_earlier_rows_did(app: Flask) -> None:
    text = HEAD + "main,a,aggregated,\nmain,a,independent,mode\nmain,a,,unlink\nother,a,aggregated,link\n"
    assert clean("links", text) == (2, 2, 0)
    profile = customers.by_reference("a")
    assert profile is not None
    assert (profile.main_external_id, profile.mode) == ("other", BillingMode.AGGREGATED)
    assert db.session.scalar(select(func.count()).select_from(SubAccountLink)) == 3
    text = HEAD + "main,b,aggregated,\nb,c,independent,\nc,main,aggregated,\nother,b,independent,\n"
    assert wrong("links", text) == [(3, "sub", "L5"), (4, "sub", "L5"), (5, "sub", "L5")]
    assert mode_of("b") is None
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_every_unmet_condition_is_listed_with_its_rule(app: Flask) -> None:
    people.customer("far", of="Lakeside", own_status="inactive", billing_type="prepaid_daily")
    people.post("far", "invoice", 500, "2026-11-01")
    people.post("far", "payment", 300, "2026-11-02", ledger="credit")
    people.post("far", "payment", 1, "2026-12-24")
    found = wrong("links", HEAD + "main,far,aggregated,\n")
    assert [rule for _, _, rule in found] == ["L3", "L4", "L6", "L6", "L6", "L6"]
    text = "\n".join(sentences("links", HEAD + "main,far,aggregated,\n"))
    assert "line 2, sub: [L6] Far owes 5.00 EUR." in text
    assert "3.00 EUR of Customer Credit" in text
    assert "one entry dated ahead" in text


@pytest.mark.usefixtures("crowd")
def test_the_same_conditions_as_one_by_one(app: Flask) -> None:
    people.link("main", "a")
    people.link("main", "b", "independent")
    people.post("main", "invoice", 100, "2026-11-01")
    people.post("b", "invoice", 100, "2026-11-01")
    assert wrong("links", HEAD + "main,a,,unlink\n") == [(2, "sub", "L10")]
    assert wrong("links", HEAD + "main,b,aggregated,mode\n") == [
        (2, "billing_mode", "L9"),
        (2, "billing_mode", "L6"),
    ]
    assert wrong("links", HEAD + "other,a,,unlink\nmain,c,aggregated,mode\n") == [
        (2, "sub", "L10"),
        (3, "billing_mode", "L9"),
    ]
    assert wrong("links", HEAD + "main,b,aggregated,link\n")[0] == (2, "sub", "L5")
    assert wrong("links", HEAD + "main,main,aggregated,\n") == [(2, "sub", "L5")]
    assert clean("links", HEAD + "main,b,,unlink\n") == (0, 1, 0)
    with pytest.raises(Refused):
        people.link("main", "a")


@pytest.mark.usefixtures("crowd")
def test_unknown_customers_and_columns_are_named(app: Flask) -> None:
    text = HEAD + "nobody,a,aggregated,\nmain,,aggregated,\nmain,a,all,\n"
    assert wrong("links", text) == [(2, "main", ""), (3, "sub", ""), (4, "billing_mode", "")]
    assert wrong("links", "main,sub,mode\nmain,a,aggregated\n") == [(1, "mode", "")]


@pytest.mark.usefixtures("crowd")
def test_both_customers_remember_it(app: Flask) -> None:
    clean("links", HEAD + "main,a,aggregated,\n")
    found = log(AuditRecord.action == "sub_accounts.link")
    assert sorted(row.text for row in found) == [
        "A: linked to Main, aggregated",
        "Sub-account A: linked to Main, aggregated",
    ]
    assert len({row.subject_id for row in found}) == 2


@pytest.mark.usefixtures("crowd")
def test_a_dry_run_links_nobody(app: Flask) -> None:
    outcome = imported("links", HEAD + "main,a,aggregated,\nmain,b,aggregated,\n", dry_run=True)
    assert (outcome.created, outcome.errors) == (2, ())
    assert mode_of("a") is None


def told(text: str) -> tuple[list[tuple[int, str]], list[tuple[int, str, str]]]:
    """What a dry run says of each line: what it would do, and what is in the way, by line and rule."""
    before = foresight.everything()
    outcome = imported("links", text, dry_run=True, every_line=True)
    assert foresight.everything() == before, "a dry run changes nothing"
    return [(note.line, str(note.text)) for note in outcome.notes], [
        (one.line, one.rule, str(one.message)) for one in outcome.errors
    ]


@pytest.mark.usefixtures("crowd")
def test_l18_l9_l10_a_dry_run_tells_every_line_and_refuses_each_by_its_rule(app: Flask) -> None:
    """Links, edits and ends in one file; a line that cannot be done keeps none of the others from being told."""
    people.customer("broke")
    people.link("broke", "a")
    people.link("main", "b", "independent")
    people.post("broke", "invoice", 250, "2026-11-01")
    people.post("b", "invoice", 100, "2026-11-01")
    lines, refused = told(
        HEAD
        + "main,c,aggregated,link\n"
        + "broke,a,,unlink\n"
        + "broke,a,independent,mode\n"
        + "main,b,aggregated,mode\n"
        + "main,b,,unlink\n"
        + "main,b,,unlink\n"
        + "other,a,,unlink\n"
    )
    assert lines == [
        (2, "Link C to Main, aggregated"),
        (6, "Unlink B from Main"),
        (7, "B: nothing to do, it is so already"),
    ]
    assert refused == [
        (3, "L10", "Broke owes 2.50 EUR."),
        (4, "L9", "Broke owes 2.50 EUR."),
        (5, "L6", "B owes 1.00 EUR."),
        (8, "L10", "A is a sub-account of Broke, and no sub-account of Other."),
    ]


@pytest.mark.usefixtures("crowd")
def test_l18_the_same_pair_more_than_once(app: Flask) -> None:
    """The second of two equal lines is there already; one that says otherwise is refused, and the file with it."""
    lines, refused = told(HEAD + "main,a,aggregated,\nmain,a,aggregated,link\nmain,a,independent,link\n")
    assert lines == [(2, "Link A to Main, aggregated"), (3, "A: nothing to do, it is so already")]
    assert refused == [(4, "L5", "A is already linked to Main.")]
    assert clean("links", HEAD + "main,a,aggregated,\nmain,a,aggregated,link\n") == (1, 0, 1)
    assert clean("links", HEAD + "main,a,aggregated,\nmain,a,aggregated,link\n") == (0, 0, 2)
    assert db.session.scalar(select(func.count()).select_from(SubAccountLink)) == 1
    books.check()


@pytest.mark.usefixtures("crowd")
def test_l18_one_pair_is_linked_and_unlinked_in_one_file(app: Flask) -> None:
    """Lines count in their order, and both remain as history."""
    there_and_back = HEAD + "main,a,aggregated,link\nmain,a,,unlink\n"
    assert told(there_and_back) == ([(2, "Link A to Main, aggregated"), (3, "Unlink A from Main")], [])
    assert clean("links", there_and_back) == (1, 1, 0)
    assert mode_of("a") is None
    assert clean("links", HEAD + "main,a,,unlink\nmain,a,independent,link\n") == (1, 0, 1)
    assert mode_of("a") is BillingMode.INDEPENDENT
    ended = select(func.count(SubAccountLink.id), func.count(SubAccountLink.ended_at))
    assert db.session.execute(ended).one() == (2, 1)
    books.check()


@pytest.mark.usefixtures("crowd")
def test_l18_l11_what_follows_from_a_line_is_told_with_it(app: Flask) -> None:
    families.change("main", own_status="blocked")
    lines, refused = told(HEAD + "main,a,aggregated,\nmain,b,independent,\n")
    assert lines == [
        (2, "Link A to Main, aggregated. Main is Blocked, so A will be blocked at once"),
        (3, "Link B to Main, independent"),
    ]
    assert refused == []


def test_l18_two_thousand_lines_of_every_action(app: Flask) -> None:
    """Every line is told, the file is carried out, and all of it again finds nothing to do that is not done."""
    people.partner()
    each = 500
    rows = "".join(f"s{number},Sub {number},Harbour Net\n" for number in range(2 * each))
    clean("customers", f"external_id,name,partner\nmain,Main,Harbour Net\n{rows}")
    steps = [
        *(f"main,s{number},aggregated,link\n" for number in range(2 * each)),
        *(f"main,s{number},independent,mode\n" for number in range(each)),
        *(f"main,s{number},,unlink\n" for number in range(each, 2 * each)),
    ]
    text = HEAD + "".join(steps)
    lines, refused = told(text)
    assert refused == []
    assert [line for line, _ in lines] == list(range(2, 2 + 4 * each))
    assert lines[0][1] == "Link Sub 0 to Main, aggregated"
    assert lines[2 * each][1] == "Change the billing mode of Sub 0 under Main to independent"
    assert lines[-1][1] == f"Unlink Sub {2 * each - 1} from Main"
    assert clean("links", text) == (2 * each, 2 * each, 0)
    main = customers.by_reference("main")
    assert main is not None
    facts = links.facts([main.id])[main.id]
    assert (facts.sub_accounts, facts.aggregated_subs) == (each, 0)
    assert mode_of("s0") is BillingMode.INDEPENDENT
    assert mode_of(f"s{each}") is None
    assert clean("links", HEAD + "".join(steps[2 * each :])) == (0, 0, 2 * each)
    assert doctor.examine().sound


@pytest.mark.engine("sqlite")
def test_ten_thousand_links(app: Flask) -> None:
    people.partner()
    rows = "".join(f"s{number},Sub {number},Harbour Net\n" for number in range(10_000))
    clean("customers", f"external_id,name,partner\nmain,Main,Harbour Net\n{rows}")
    rows = "".join(f"main,s{number},aggregated\n" for number in range(10_000))
    assert clean("links", f"main,sub,billing_mode\n{rows}") == (10_000, 0, 0)
    assert clean("links", f"main,sub,billing_mode\n{rows}") == (0, 0, 10_000)
    main = customers.by_reference("main")
    assert main is not None
    assert links.facts([main.id])[main.id].aggregated_subs == 10_000


@pytest.mark.usefixtures("crowd")
def test_p2_what_the_secondary_holds_moves_to_the_primary(app: Flask) -> None:
    people.post("b", "invoice", 1_000, "2026-10-01")
    people.post("b", "payment", 300, "2026-10-02", ledger="credit")
    people.post("b", "refund", 100, "2026-12-01", ledger="credit")
    people.post("b", "invoice", 50, "2026-12-24")
    people.post("a", "payment", 5_000, "2026-10-05")
    assert clean("shared-balances", "primary,secondary\na,b\n") == (1, 0, 0)
    assert clean("shared-balances", "primary,secondary\na,b\n") == (0, 0, 1)
    primary, secondary = customers.by_reference("a"), customers.by_reference("b")
    assert primary is not None
    assert secondary is not None
    assert secondary.payer_id == primary.id
    facts = links.facts([primary.id, secondary.id])
    assert (facts[primary.id].house.minor, facts[primary.id].credit.minor) == (4_000, 300)
    assert (facts[secondary.id].house.minor, facts[secondary.id].credit.minor) == (0, 0)
    view = statements.view(SYSTEM, "a", StatementRequest(date(2026, 10, 1), date(2026, 12, 31)))
    assert view.closing_minor == 3_950
    assert [(line.account, line.amount_minor) for line in view.lines] == [("a", 5_000), ("b", -1_000), ("b", -50)]
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_p5_and_p6_hold_for_shared_balances(app: Flask) -> None:
    people.link("main", "c")
    text = "primary,secondary\na,b\nb,other\nmain,other\nother,main\nc,other\na,a\nx,a\n"
    assert wrong("shared-balances", text) == [
        (3, "secondary", "P5"),
        (5, "secondary", "P5"),
        (5, "secondary", "P5"),
        (5, "secondary", "P6"),
        (6, "secondary", "P6"),
        (6, "secondary", "P5"),
        (7, "secondary", "P5"),
        (8, "primary", ""),
    ]


@pytest.mark.usefixtures("crowd")
def test_l18_judging_tells_what_an_import_would_do_and_writes_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    people.post("c", "invoice", 500, "2026-11-01")
    text = (
        HEAD + "main,a,aggregated,\nmain,a,independent,mode\nmain,b,aggregated,\nmain,a,,unlink\nother,a,aggregated,\n"
        "main,b,,unlink\nmain,other,aggregated,\nb,main,independent,\nmain,c,aggregated,\nmain,b,independent,\n"
    )
    path = tmp_path / "links.csv"
    path.write_text(text, encoding="utf-8")
    told: list[int] = []
    monkeypatch.setattr(imported_links, "CHUNK", 2)
    monkeypatch.setattr(imported_links, "JUDGED", 3)
    judged = imports.judge_links(SYSTEM, path, name="links.csv", listed=100, progress=told.append)
    assert told == [4, 7, 10, 11]
    assert [(one.line, one.rule) for one in judged.errors] == [
        *((8, "L5"), (10, "L5"), (10, "L6"), (11, "L5"), (11, "L5")),
    ]
    assert db.session.scalar(select(func.count()).select_from(SubAccountLink)) == 0
    tried = imported("links", text, dry_run=True)
    assert judged == tried, "by chunks of another size, and with writing"
