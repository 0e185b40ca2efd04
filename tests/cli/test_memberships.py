"""`flask membership` and the files of plans and memberships: what people hold, by the worked examples (B5, B9, B10)."""

from __future__ import annotations

from typing import Any

from portal.actions.billing import running
from portal.db.customers import profiles, removal
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from tests import families, people, sessions
from tests.books import check
from tests.cli.commands import answer, run
from tests.importing import clean, wrong

PLANS = (
    "external_id,name,partner,price,tax_rate,prices,period,visits,class,included,discount,freeze_days,granted,renews\n"
)
HELD = "external_id,plan,customer,from,until,state\n"


def plans(*rows: str) -> None:
    clean("membership-plans", PLANS + "\n".join(rows) + "\n")


def held(*rows: str) -> None:
    clean("memberships", HELD + "\n".join(rows) + "\n")


def membership(app: Any, *words: str) -> Any:
    return answer(app, "membership", *words)


def billed(app: Any, day: str) -> Any:
    return answer(app, "billing", "run", "--date", day)


def figures(amounts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(one["from"], one["to"], one["days"], one["of"], one["gross"]) for one in amounts]


def test_b5_b9_a_membership_is_bought_used_and_renewed_by_the_run(app, frozen):
    """Bought on 22 November for a month with two visits; the run of 22 December renews it, whatever the billing day."""
    people.customer("acme", billing_day=5)
    plans("yoga,Yoga,Harbour Net,19.00,21,gross,month,,yoga,2,,30,,")
    sessions.session("yoga/1", "2026-11-24T18:00", benefit_class="yoga")
    sessions.session("yoga/2", "2026-11-25T18:00")
    sessions.session("yoga/3", "2026-12-24T18:00")
    foreseen = membership(app, "buy", "yoga", "acme", "--from", "2026-11-22", "--external-id", "m", "--preview")
    bought = membership(app, "buy", "yoga", "acme", "--from", "2026-11-22", "--external-id", "m")
    again = membership(app, "buy", "yoga", "acme", "--from", "2026-11-22", "--external-id", "m")
    assert figures(foreseen["amounts"]) == figures(bought["amounts"])
    assert figures(bought["amounts"]) == [("2026-11-22", "2026-12-21", 30, 30, "19.00")]
    assert (bought["sum"], bought["next"]) == ("19.00", {"date": "2026-12-22", "amount": "19.00"})
    assert (bought["state"], again["membership"], again["documents"]) == ("active", "m", [])

    first, second = answer(app, "book", "yoga/1:acme", "yoga/3:acme")["bookings"]
    assert [(one["price"], one["membership"]) for one in (first, second)] == [("0.00", "m"), ("12.00", None)]
    shown = membership(app, "show", "m")
    (period,) = shown["periods"]
    assert (shown["included_left"], period["charged"], period["document"]) == (1, "19.00", bought["documents"][0])

    assert billed(app, "2026-12-21")["invoices"] == []
    (number,) = billed(app, "2026-12-22")["invoices"]
    assert billed(app, "2026-12-22")["invoices"] == []
    shown = membership(app, "show", "m")
    assert (shown["until"], shown["periods"][1]["document"]) == ("2027-01-21", number)
    text = run(app, "membership", "show", "m").stdout
    assert "Yoga of Acme: active" in text
    assert "renews on 2027-01-22 for 19.00 EUR" in text
    check()


def test_b9_renewing_by_hand_adds_to_the_end_or_begins_anew(app, frozen):
    people.customer("acme")
    plans("month,Month,Harbour Net,10.00,,,30 days,,,,,,,", "year,Year,Harbour Net,100.00,,,year,,,,,,,no")
    held("m,month,acme,2026-11-01,2026-11-30,active", "y,year,acme,2023-01-21,2024-01-20,active")
    assert [membership(app, "show", name)["state"] for name in ("m", "y")] == ["active", "ended"]
    people.post("acme", "payment", 1000, "2026-11-20", external_id="paid")
    renewed = membership(app, "renew", "m", "--payment", "paid")
    assert (renewed["from"], renewed["until"], renewed["sum"]) == ("2026-12-01", "2026-12-30", "10.00")
    refused = answer(app, "membership", "renew", "m", "--payment", "paid", code=1)["refused"]
    assert [one["rule"] for one in refused] == ["B9"]
    anew = membership(app, "renew", "y")
    assert (anew["from"], anew["until"], anew["state"]) == ("2026-11-22", "2027-11-21", "active")
    assert profiles.require("acme") is not None
    check()


def test_b10_a_freeze_cancels_what_is_booked_in_it_and_moves_the_end(app, frozen):
    people.customer("acme")
    plans("year,Year,Harbour Net,365.00,,,year,,,,,60,,")
    held("m,year,acme,2026-01-01,,")
    sessions.session("gym/1", "2026-12-01T18:00")
    sessions.session("gym/2", "2027-01-01T18:00")
    inside = answer(app, "book", "gym/1", "acme")["bookings"][0]["booking"]
    wanted = ("freeze", "m", "--from", "2026-12-01", "--to", "2026-12-31")
    foreseen = membership(app, *wanted, "--preview")
    assert [one["booking"] for one in foreseen["bookings"]] == [inside]
    assert (foreseen["bookings"][0]["starts_at"], foreseen["until"]) == ("2026-12-01T18:00+01:00", "2027-01-31")
    assert membership(app, *wanted)["until"] == "2027-01-31"
    assert answer(app, "book", "gym/2", "acme")["bookings"][0]["membership"] == "m"
    assert answer(app, "booking", "cancel", inside, code=1)["refused"][0]["rule"] == "B4"
    assert membership(app, "show", "m")["frozen"] == [{"from": "2026-12-01", "to": "2026-12-31"}]
    assert membership(app, "unfreeze", "m", "--from", "2026-12-11")["until"] == "2027-01-10"
    shown = membership(app, "show", "m")
    assert (shown["until"], shown["frozen"]) == ("2027-01-10", [{"from": "2026-12-01", "to": "2026-12-10"}])


def test_b10_what_ends_is_not_billed_and_the_end_can_be_taken_back(app, frozen):
    people.customer("acme")
    plans("gym,Gym,Harbour Net,100.00,,,month,,,,,,,")
    held("m,gym,acme,2026-10-22,,active")
    ended = membership(app, "end", "m", "--on", "2026-11-21")
    assert (ended["sum"], ended["next"], ended["ends_on"]) == ("0.00", None, "2026-11-21")
    assert billed(app, "2026-11-22")["invoices"] == []
    assert answer(app, "membership", "end", "m", "--undo", code=1)["refused"][0]["rule"] == "B10"
    renewed = membership(app, "renew", "m")
    assert (renewed["from"], renewed["until"]) == ("2026-11-22", "2026-12-21")
    membership(app, "end", "m")
    assert membership(app, "end", "m", "--undo")["next"] == {"date": "2026-12-22", "amount": "100.00"}
    held_by = removal.ties(profiles.require("acme"))
    assert [str(one.message) for one in held_by if "holds" in str(one.message)] == ["Acme holds Gym."]
    early = membership(app, "end", "m", "--on", "2026-12-06")
    assert figures(early["amounts"]) == [("2026-12-07", "2026-12-21", 15, 30, "-50.00")]
    assert len(early["documents"]) == 1
    check()


def test_b10_a_dearer_plan_counts_at_once_and_a_cheaper_one_with_the_next_period(app, frozen):
    frozen.move_to("2026-04-01T09:00:00Z")
    people.customer("acme")
    plans(
        "small,Small,Harbour Net,10.00,0,gross,month,,,,,,,",
        "large,Large,Harbour Net,20.00,0,gross,month,,,,,,,",
        "tiny,Tiny,Harbour Net,5.00,0,gross,month,,,,,,,",
    )
    membership(app, "buy", "small", "acme", "--from", "2026-04-01", "--external-id", "m")
    frozen.move_to("2026-04-16T09:00:00Z")
    foreseen = membership(app, "change", "m", "large", "--preview")
    changed = membership(app, "change", "m", "large")
    expected = [("2026-04-16", "2026-04-30", 15, 30, "-5.00"), ("2026-04-16", "2026-04-30", 15, 30, "10.00")]
    assert figures(foreseen["amounts"]) == figures(changed["amounts"]) == expected
    assert (changed["sum"], changed["next"]) == ("5.00", {"date": "2026-05-01", "amount": "20.00"})
    assert [(one["from"], one["to"]) for one in membership(app, "show", "m")["periods"]] == [
        ("2026-04-01", "2026-04-15"),
        ("2026-04-16", "2026-04-30"),
    ]
    later = membership(app, "change", "m", "tiny")
    assert (later["from"], later["amounts"], later["sum"]) == ("2026-05-01", [], "0.00")
    assert later["next"] == {"date": "2026-05-01", "amount": "5.00"}
    assert membership(app, "show", "m")["plan"] == "Large"
    billed(app, "2026-05-01")
    shown = membership(app, "show", "m")
    assert (shown["plan"], shown["periods"][-1]["charged"]) == ("Tiny", "5.00")
    check()


def test_b5_a_plan_that_is_granted_when_it_is_paid_begins_then(app, frozen):
    people.customer("acme")
    plans("gym,Gym,Harbour Net,100.00,,,month,,,,,,paid,")
    bought = membership(app, "buy", "gym", "acme", "--from", "2026-11-22", "--external-id", "m")
    assert bought["state"] == "ordered"
    sessions.session("gym/1", "2026-12-01T18:00")
    assert answer(app, "book", "gym/1", "acme", "--membership", "m", code=1)["refused"][0]["rule"] == "B9"
    frozen.move_to("2026-11-25T09:00:00Z")
    payment = people.post("acme", "payment", 10000, "2026-11-25").number
    answer(app, "allocate", payment, bought["documents"][0], "100.00")
    shown = membership(app, "show", "m")
    assert (shown["state"], shown["from"], shown["until"]) == ("active", "2026-11-25", "2026-12-24")
    assert [(one["from"], one["to"]) for one in shown["periods"]] == [("2026-11-25", "2026-12-24")]
    check()


def test_f13_what_is_given_back_is_that_of_the_line_which_charged_it(app, frozen):
    """The price and the tax of the plan changed since; a card that was ordered and is not wanted is credited whole."""
    frozen.move_to("2026-04-01T09:00:00Z")
    people.customer("acme")
    gym, card = "gym,Gym,Harbour Net,30.00,20,net,month,,,,,,,", "card,Card,Harbour Net,50.00,0,gross,,10,,,,,paid,"
    plans(gym, card)
    membership(app, "buy", "gym", "acme", "--from", "2026-04-01", "--external-id", "m")
    plans("gym,Gym,Harbour Net,90.00,10,gross,month,,,,,,,", card)
    assert [one["charged"] for one in membership(app, "show", "m")["periods"]] == ["36.00"]
    (back,) = membership(app, "end", "m", "--on", "2026-04-15")["amounts"]
    assert (back["net"], back["tax"], back["gross"]) == ("-15.00", "-3.00", "-18.00")
    membership(app, "buy", "card", "acme", "--from", "2026-04-01", "--external-id", "c")
    taken = membership(app, "end", "c")
    assert (taken["state"], taken["sum"], len(taken["documents"])) == ("ended", "-50.00", 1)
    check()


def test_b10_what_was_never_charged_here_is_not_given_back_and_is_over_all_the_same(app, frozen):
    frozen.move_to("2026-04-16T09:00:00Z")
    people.customer("acme")
    plans("small,Small,Harbour Net,10.00,0,,month,,,,,,,", "large,Large,Harbour Net,20.00,0,,month,,,,,,,")
    held("m,small,acme,2026-04-01,,active", "n,small,acme,2026-04-01,,active")
    changed = membership(app, "change", "m", "large")
    assert figures(changed["amounts"]) == [("2026-04-16", "2026-04-30", 15, 30, "10.00")]
    assert (membership(app, "end", "n", "--on", "2026-04-15")["sum"]) == "0.00"
    renewed = membership(app, "renew", "n")
    assert (renewed["from"], renewed["until"]) == ("2026-04-16", "2026-05-15")
    refused = answer(app, "membership", "end", "n", "--undo", code=1)["refused"]
    assert "was not ended" in refused[0]["message"]
    check()


def test_b5_a_plan_that_is_granted_when_paid_is_renewed_by_hand_with_its_payment(app, frozen):
    people.partner(charge_bookings="next_invoice")
    people.customer("acme")
    plans("gym,Gym,Harbour Net,100.00,,,30 days,,,,,,paid,")
    held("m,gym,acme,2026-11-01,,active")
    for wanted in ("renew m", "renew m --preview"):
        refused = answer(app, "membership", *wanted.split(), code=1)["refused"]
        assert refused[0]["rule"] == "B5"
        assert "a period of it costs 100.00 EUR" in refused[0]["message"]
    people.post("acme", "payment", 9900, "2026-11-20", external_id="small")
    refused = answer(app, "membership", "renew", "m", "--payment", "small", code=1)["refused"]
    assert "99.00 EUR is left" in refused[0]["message"]
    people.post("acme", "payment", 10000, "2026-11-20", external_id="paid")
    number = membership(app, "renew", "m", "--payment", "paid")["documents"][0]
    assert answer(app, "invoice", "show", number)["open"] == "0.00"
    check()


def test_b10_a_freeze_does_not_end_early_over_days_that_are_booked(app, frozen):
    people.customer("acme")
    plans("year,Year,Harbour Net,365.00,,,year,,,,,60,,")
    held("m,year,acme,2026-01-01,,")
    membership(app, "freeze", "m", "--from", "2026-12-01", "--to", "2026-12-31")
    sessions.session("gym/1", "2027-01-20T18:00")
    booked = answer(app, "book", "gym/1", "acme")["bookings"][0]
    assert booked["membership"] == "m"
    for more in ((), ("--preview",)):
        refused = answer(app, "membership", "unfreeze", "m", "--from", "2026-12-11", *more, code=1)["refused"]
        assert "1 booking uses Year after 2027-01-10" in refused[0]["message"]
    answer(app, "booking", "cancel", booked["booking"])
    assert membership(app, "unfreeze", "m", "--from", "2026-12-11")["until"] == "2027-01-10"


def test_b6_a_guardian_buys_for_a_child_and_pays_for_what_follows(app, frozen):
    """The Owner's payer pays by default for a Dependent without a login, also when the run renews it."""
    families.switch()
    families.person("mum")
    families.child("child")
    families.family("mum", child=GroupRole.DEPENDENT)
    plans("gym,Gym,Harbour Net,30.00,,,month,,,,,,,")
    bought = membership(app, "buy", "gym", "child", "--from", "2026-11-22", "--payer", "owner", "--external-id", "m")
    assert bought["paid_by"] == "mum"
    (number,) = billed(app, "2026-12-22")["invoices"]
    paper = answer(app, "invoice", "show", number)
    assert (paper["payer"], [line["account"] for line in paper["lines"]]) == ("mum", ["child"])
    assert running.preview(SYSTEM).invoices == []
    check()


def test_b5_files_of_plans_and_memberships_are_read_again_without_effect_and_say_what_is_wrong(app):
    people.customer("acme")
    plans("gym,Gym,Harbour Net,30.00,21,net,1 month 2 days,,gym,,10,30,paid,no")
    changed = PLANS + "gym,Gym & Pool,Harbour Net,30.00,21,net,1 month 2 days,,gym,,10,30,paid,no\n"
    assert clean("membership-plans", changed) == (0, 1, 0)
    assert clean("membership-plans", changed) == (0, 0, 1)
    rows = HELD + "m,gym,acme,2021-02-01,2021-04-30,ended\n"
    assert (clean("memberships", rows), clean("memberships", rows)) == ((1, 0, 0), (0, 0, 1))
    shown = membership(app, "show", "m")
    assert (shown["state"], shown["until"], shown["ends_on"]) == ("ended", "2021-04-30", "2021-04-30")
    assert [(one["from"], one["to"], one["charged"]) for one in shown["periods"]] == [
        ("2021-02-01", "2021-03-02", "0.00"),
        ("2021-03-03", "2021-04-04", "0.00"),
        ("2021-04-05", "2021-04-30", "0.00"),
    ]
    other = HELD + "m,gym,acme,2021-02-01,2021-05-31,active\n"
    assert [column for _, column, _ in wrong("memberships", other)] == ["until"]
    bad = PLANS + "a,,Harbour Net,x,,,fortnight,0,,,101,,soon,maybe\n"
    assert {column for _, column, _ in wrong("membership-plans", bad)} == {
        *("name", "period", "visits", "discount", "granted", "renews"),
    }
    bad = HELD + "b,gym,nobody,2026-01-01,,\nc,none,acme,2026-01-01,,\nd,gym,acme,2026-02-01,2026-01-01,frozen\n"
    assert [column for _, column, _ in wrong("memberships", bad)] == ["customer", "plan", "state"]
