"""`flask billing run` (F5)."""

from portal.actions import imports
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from tests.cli.commands import answer, run
from tests.logins import administrator
from tests.people import customer, partner


def item(reference: str, amount: str, day: str = "2026-11-01") -> None:
    given = {"customer": reference, "amount": amount, "date": day, "kind": "future_item", "external_id": ""}
    imports.post_one(SYSTEM, given)


def test_f5_a_run_answers_with_what_it_issued(app):
    customer("acme")
    customer("other", of="Elsewhere")
    item("acme", "12.50")
    item("other", "7.50")
    wanted = {"invoices": ["INV-000001", "INV-000001"], "credit_notes": [], "payers": 2, "total": "20.00"}
    wanted |= {"totals": {"EUR": "20.00"}, "held_up": []}
    assert answer(app, "billing", "run", "--date", "2026-11-01", "--preview") == wanted
    assert answer(app, "billing", "run", "--date", "2026-11-01", "--partner", "Elsewhere")["total"] == "7.50"
    assert answer(app, "billing", "run", "--date", "2026-11-01")["total"] == "12.50"
    again = answer(app, "billing", "run", "--date", "2026-11-01")
    assert (again["invoices"], again["payers"], again["total"]) == ([], 0, "0.00")


def test_f5_in_words_and_by_partner(app):
    customer("acme")
    item("acme", "12.50")
    looked = run(app, "billing", "run", "--date", "2026-11-01", "--preview").stdout
    assert looked == (
        "Nothing was changed (preview). There would be: 1 invoices of 12.50 EUR, "
        "numbers INV-000001 to INV-000001, for 1 payers.\n"
    )
    assert "no partner" in run(app, "billing", "run", "--partner", "Nowhere", code=1).stderr


def test_o4_only_who_may_post_bills(app):
    partner("Harbour Net")
    customer("acme")
    item("acme", "12.50")
    administrator("fay@example.test", Role.FRONT_OF_HOUSE)
    run(app, "billing", "run", "--date", "2026-11-01", "--as", "fay@example.test", code=1)
    administrator("tom@example.test", Role.ADMINISTRATOR)
    assert answer(app, "billing", "run", "--date", "2026-11-01", "--as", "tom@example.test")["payers"] == 1
