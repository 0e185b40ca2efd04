"""`flask bank`."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from tests import people
from tests.cli.commands import answer, run
from tests.outside.bank.writing import ACCOUNT, camt, details, entry, statement

DATA = camt(
    statement(
        "-100.00",
        "50.00",
        [entry("160.00", details("Acme Ltd", "DE89370400440532013000", "INV-000077"), ref="B1"), entry("-10.00")],
    )
)


def written(folder: Path, data: bytes = DATA) -> Path:
    path = folder / "bank.xml"
    path.write_bytes(data)
    return path


def test_f16_a_file_is_imported_and_shown_with_what_may_be_paid(app: Flask, tmp_path: Path) -> None:
    people.customer("acme", name="Acme Ltd")
    people.post("acme", "invoice", 16000, "2026-11-01", number="INV-000077")
    found = answer(app, "bank", "import", written(tmp_path))
    (one,) = found["statements"]
    first, second = one["lines"]
    assert (found["added"], found["skipped"]) == (2, 0)
    assert {key: one[key] for key in ("id", "iban", "currency", "opening", "closing")} == {
        "id": "S1",
        "iban": ACCOUNT,
        "currency": "EUR",
        "opening": "-100.00",
        "closing": "50.00",
    }
    assert first == {
        "line": first["line"],
        "date": "2026-11-28",
        "value_date": "2026-11-28",
        "amount": "160.00",
        "name": "Acme Ltd",
        "iban": "DE89370400440532013000",
        "reference": "",
        "text": "INV-000077",
        "state": "open",
        "payment": None,
        "proposals": [
            {"customer": "acme", "invoice": "INV-000077", "amount": "160.00", "because": "reference", "chosen": True}
        ],
    }
    assert (second["amount"], second["proposals"]) == ("-10.00", [])
    again = answer(app, "bank", "import", written(tmp_path))
    assert again | {"added": 2, "skipped": 0} == found
    assert (again["added"], again["skipped"]) == (0, 2)
    assert answer(app, "bank", "show", found["file"])["statements"] == found["statements"]
    told = run(app, "bank", "show", found["file"]).stdout
    assert f"{ACCOUNT} S1: -100.00 to 50.00 EUR" in told
    assert "* 160.00 of INV-000077 by acme (reference)" in told


def test_f16_lines_are_set_aside(app: Flask, tmp_path: Path) -> None:
    people.partner()
    found = answer(app, "bank", "import", written(tmp_path), "--partner", "Harbour Net")
    lines = [line["line"] for line in found["statements"][0]["lines"]]
    assert answer(app, "bank", "ignore", *lines) == {"ignored": lines}
    assert run(app, "bank", "ignore", *lines).stdout == "0 lines set aside.\n"
    states = [line["state"] for line in answer(app, "bank", "show", found["file"])["statements"][0]["lines"]]
    assert states == ["ignored", "ignored"]


def test_f16_no_entries_are_no_error_and_what_is_wrong_is_told(app: Flask, tmp_path: Path) -> None:
    people.partner()
    empty = answer(app, "bank", "import", written(tmp_path, camt(statement("5.00", "5.00"))))
    assert (empty["added"], empty["statements"][0]["lines"]) == (0, [])
    wrong = run(app, "bank", "import", written(tmp_path, camt(statement("5.00", "6.00"))), code=1)
    assert "[F16] Statement S1" in wrong.stderr
    assert "The difference is 1.00 EUR." in wrong.stderr
    assert "cannot be read" in run(app, "bank", "import", tmp_path / "none.xml", code=1).stderr
    assert "cannot be read" in run(app, "bank", "import", tmp_path, code=1).stderr
    assert "no bank file" in run(app, "bank", "show", "nothing", code=1).stderr
    assert "no line" in run(app, "bank", "ignore", "nothing", code=1).stderr
    csv = written(tmp_path, b"day;sum\n28.11.2026;5,00\n")
    assert "needs a mapping" in run(app, "bank", "import", csv, code=1).stderr
    fields = ("date=day", "amount=sum", "dates=dd.mm.yyyy", "decimal=,")
    assert run(app, "bank", "mapping", "giro", *fields).stdout == "Mapping giro of Harbour Net saved.\n"
    assert answer(app, "bank", "import", csv, "--mapping", "giro")["added"] == 1
    assert answer(app, "bank", "mapping", "giro", "date=day", code=1)["invalid"]["amount"]


def test_f16_a_line_is_confirmed_as_chosen_or_as_said(app: Flask, tmp_path: Path) -> None:
    people.customer("acme", name="Acme Ltd")
    people.post("acme", "invoice", 16000, "2026-11-01", number="INV-000077")
    people.post("acme", "invoice", 500, "2026-11-02", number="INV-000078")
    two = [entry("160.00", details(text="INV-000077"), ref="B1"), entry("9.00", details(text="thanks"), ref="B2")]
    found = answer(app, "bank", "import", written(tmp_path, camt(statement("0.00", "169.00", two))))
    first, second = (line["line"] for line in found["statements"][0]["lines"])
    done = answer(app, "bank", "confirm", first)["confirmed"]
    assert done == [
        {
            "line": first,
            "payment": done[0]["payment"],
            "public_id": done[0]["public_id"],
            "customer": "acme",
            "amount": "160.00",
            "currency": "EUR",
            "date": "2026-11-28",
            "allocated": [{"invoice": "INV-000077", "amount": "160.00"}],
            "left": "0.00",
        }
    ]
    assert "[F16]" in run(app, "bank", "confirm", second, code=1).stderr
    assert "was confirmed already" in run(app, "bank", "confirm", first, code=1).stderr
    assert "has 5.00 EUR open" in run(app, "bank", "confirm", second, "--invoice", "INV-000078=6", code=1).stderr
    said = run(app, "bank", "confirm", second, "--customer", "acme", "--invoice", "INV-000078=4.50").stdout
    assert said.endswith("of 9.00 EUR for acme: 4.50 of INV-000078 settled, 4.50 left.\n")
    lines = answer(app, "bank", "show", found["file"])["statements"][0]["lines"]
    assert (lines[0]["state"], lines[0]["payment"]) == ("confirmed", done[0]["payment"])


def test_f16_a_line_of_several_customers_is_split(app: Flask, tmp_path: Path) -> None:
    for name in ("acme", "ben"):
        people.customer(name)
    found = answer(app, "bank", "import", written(tmp_path), "--partner", "Harbour Net")
    line = found["statements"][0]["lines"][0]["line"]
    assert "cannot be split so" in run(app, "bank", "split", line, "160.01", code=1).stderr
    assert answer(app, "bank", "split", line, "1,0", code=1)["invalid"]["amount"]
    done = answer(app, "bank", "split", line, "100.00")
    assert [(one["amount"], one["name"], one["state"]) for one in done["parts"]] == [
        ("100.00", "Acme Ltd", "open"),
        ("60.00", "Acme Ltd", "open"),
    ]
    for part, customer in zip(done["parts"], ("acme", "ben"), strict=True):
        (paid,) = answer(app, "bank", "confirm", part["line"], "--customer", customer)["confirmed"]
        assert (paid["customer"], paid["amount"]) == (customer, part["amount"])
    assert "no line" in run(app, "bank", "split", line, "1.00", code=1).stderr
