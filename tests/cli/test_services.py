"""`flask import services` and `flask service show` (M1)."""

from decimal import Decimal

from tests.cli.commands import answer, run
from tests.people import customer

HEAD = "external_id,customer,plan,price,number,period,started_on,paid_until\n"


def test_m1_services_are_shown_with_what_is_billed_next(app, tmp_path):
    acme = customer("acme")
    path = tmp_path / "services.csv"
    path.write_text(HEAD + "s1,acme,Hall A,29.95,2,month,2026-01-01,2026-11-30\n", encoding="utf-8")
    assert answer(app, "import", "services", path)["created"] == 1
    (found,) = answer(app, "service", "show", "acme")["services"]
    public_id = found.pop("public_id")
    assert len(public_id) == 20
    assert found == {
        "external_id": "s1",
        "plan": "Hall A",
        "price": "29.95",
        "number": "2",
        "period": "month",
        "state": "active",
        "started_on": "2026-01-01",
        "stopped_on": None,
        "paid_until": "2026-11-30",
        "next": {"from": "2026-12-01", "to": "2026-12-31", "amount": "59.90"},
        "prices": "net",
        "tax_rate": "0",
        "changes": [],
    }
    assert run(app, "service", "show", acme.public_id).stdout == (
        "Hall A, 2 × 29.95 EUR a month, active, next 59.90 for 2026-12-01 to 2026-12-31\n"
    )


def test_m1_nobody_and_nothing(app):
    customer("acme")
    assert answer(app, "service", "show", "acme") == {"services": []}
    assert "has no services" in run(app, "service", "show", "acme").stdout
    assert "no customer" in run(app, "service", "show", "nobody", code=1).stderr


def test_m1_a_service_is_added_changed_and_stopped_by_commands(app):
    customer("acme", tax_rate=Decimal(21))
    first = ("--from", "2026-11-08", "--external-id", "s1")
    added = answer(app, "service", "add", "acme", "--plan", "Hall", "--price", "30.00", *first)
    assert (added["sum"], added["next"]) == ("27.83", {"date": "2026-12-01", "amount": "36.30"})
    assert answer(app, "service", "add", "acme", "--plan", "Hall", "--price", "30.00", *first) == added
    run(app, "billing", "run", "--date", "2026-11-08")
    wanted = ("service", "change", "s1", "--from", "2026-11-16", "--price", "60.00", "--plan", "Large")
    before = answer(app, *wanted, "--preview")
    assert before["changes"] == [
        {"what": "Plan", "before": "Hall", "after": "Large"},
        {"what": "Price", "before": "30.00 EUR", "after": "60.00 EUR"},
    ]
    assert before["amounts"] == [
        {
            "from": "2026-11-16",
            "to": "2026-11-30",
            "days": 15,
            "of": 30,
            "net": "-15.00",
            "tax": "-3.15",
            "gross": "-18.15",
        },
        {
            "from": "2026-11-16",
            "to": "2026-11-30",
            "days": 15,
            "of": 30,
            "net": "30.00",
            "tax": "6.30",
            "gross": "36.30",
        },
    ]
    refused = answer(app, *wanted, "--expect", "18.14", code=1)["refused"]
    assert refused[0]["message"] == "It comes to 18.15 EUR, not to 18.14 EUR as expected."
    done = answer(app, *wanted, "--expect", "18.15")
    assert (done["sum"], done["documents"]) == (before["sum"], ["FUT-000001", "FUT-000002"])
    stop = answer(app, "service", "stop", "s1", "--from", "2026-11-26", "--preview")
    assert (stop["used"], stop["unused"], stop["next"]) == ("20.00", "10.00", None)
    answer(app, "service", "pause", "s1", "--from", "2026-11-26")
    assert (
        "Large for Acme goes on from 2026-12-01" in run(app, "service", "resume", "s1", "--from", "2026-12-01").stdout
    )
    (found,) = answer(app, "service", "show", "acme")["services"]
    assert [one["deed"] for one in found["changes"]] == ["pause", "resume"]
