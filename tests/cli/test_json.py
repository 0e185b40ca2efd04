"""Every command with `--json`: what it prints when it is done, when it is refused, and for `--preview`."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from portal.actions import groups
from portal.actions.bank import importing, looking
from portal.actions.bookings import booking, cancelling
from portal.actions.bookings.planning import Wish
from portal.actions.books import allocating
from portal.actions.invoices import issuing
from portal.actions.invoices.wanted import Wanted
from portal.actions.memberships import freezing
from portal.actions.messages import sending
from portal.actions.messages.sending import Wanted as Mass
from portal.actions.orders import handling, placing
from portal.actions.orders.placing import Wanted as Ordered
from portal.actions.tickets import writing as tickets
from portal.rules.deciding import SYSTEM
from portal.rules.invoices.reading import line_of_command
from portal.rules.messages.filters import from_names
from portal.rules.messages.states import MessageKind
from portal.rules.periods import Period
from tests import families, foresight, people, sessions, timetable
from tests.cli.commands import answer, run
from tests.importing import clean
from tests.logins import administrator
from tests.outside.bank.writing import camt, details, entry, statement
from tests.shape.test_commands import MACHINERY, READING, commands

DAY = ("--date", "2026-11-20")
MAPPING = ("date=day", "amount=sum", "dates=dd.mm.yyyy", "decimal=,")
MONTH = ("--from", "2026-11-01", "--to", "2026-11-30")
LINKS = "main,sub,billing_mode,action\nacme,{},independent,link\n"

NEWS = ("--kind", "news", "--subject", "News", "--text", "Hello")

WORKS: dict[str, tuple[str, ...]] = {
    "admin create": ("--email", "new@staff.test", "--name", "New", "--role", "operations"),
    "login reset": ("boss@staff.test",),
    "sessions end": ("boss@staff.test",),
    "customer add": ("--name", "Somebody New"),
    "customer show": ("acme",),
    "customer status": ("free", "blocked"),
    "customer remove": ("gone",),
    "can": ("boss@staff.test", "customers.view", "acme"),
    "demo load": (),
    "backup": ("all.backup",),
    "doctor": (),
    "features set": ("groups", "on"),
    "features show": (),
    "group create": ("free", "--label", "Parent"),
    "group add": ("mum", "free", "--role", "dependent"),
    "group role": ("aunt", "dependent"),
    "group remove": ("aunt",),
    "group freeze": ("aunt", "--reason", "A dispute"),
    "group unfreeze": ("quarrel", "--reason", "Settled"),
    "group show": ("mum",),
    "import": ("links", "right.csv"),
    "post": ("payment", "acme", "5.00", "--date", "2026-11-20"),
    "reverse": ("first", "--reason", "Mistaken"),
    "link": ("acme", "free", "--mode", "aggregated"),
    "mode": ("branch", "independent"),
    "unlink": ("branch",),
    "management": ("acme", "on"),
    "partner link": ("acme", "free"),
    "partner unlink": ("sam",),
    "statement": ("acme", *MONTH),
    "service show": ("acme",),
    "order place": ("acme", "router:2"),
    "order show": ("order/1",),
    "order accept": ("order/1",),
    "order fulfil": ("order/2",),
    "order cancel": ("order/1",),
    "catalogue show": ("router",),
    "document add": ("acme", "right.csv", "--folder", "Links"),
    "document list": ("acme",),
    "service add": ("acme", "--plan", "Hall", "--price", "9.00", "--from", "2026-11-22"),
    "service change": ("phone", "--from", "2026-11-25", "--number", "2"),
    "service pause": ("phone", "--from", "2026-11-25"),
    "service resume": ("line", "--from", "2026-11-25"),
    "service stop": ("phone", "--from", "2026-11-25"),
    "ticket open": ("acme", "--subject", "Line down", "--text", "Nothing works", "--attach", "right.csv"),
    "ticket answer": ("{ticket}", "--text", "It works again"),
    "ticket note": ("{ticket}", "--text", "The duct is crushed"),
    "ticket state": ("{ticket}", "solved"),
    "ticket show": ("{ticket}",),
    "ticket list": ("acme",),
    "ticket receive": ("hello.eml",),
    "calendar address": ("mum@portal.test",),
    "session add": ("swim", "--at", "2026-12-08T18:00", "--minutes", "45"),
    "session cancel": ("swim1", "--reason", "The pool is closed"),
    "session capacity": ("swim1", "5"),
    "session list": ("swim",),
    "session show": ("swim1",),
    "session move": ("swim1", "--at", "2026-12-09T18:00"),
    "billing run": ("--date", "2026-11-20"),
    "blocking run": (),
    "reminders run": (),
    "reminders exempt": ("acme", "on"),
    "statements monthly": ("acme", "on"),
    "statements send": ("--month", "2026-10"),
    "audit": ("--customer", "acme"),
    "worker": ("--once",),
    "config show": ("Harbour Net",),
    "config set": ("Harbour Net", "grace_days=3"),
    "open-items": ("billed",),
    "ageing": ("--customer", "billed"),
    "allocate": ("paid", "bill", "30.00"),
    "unallocate": ("settled", "bill"),
    "credit apply": ("billed", "bill", "5.00"),
    "payment refund": ("paid", "10.00", *DAY),
    "period close": ("2026-10",),
    "period show": (),
    "invoice issue": ("billed", *DAY, "--line", "Seat|1|5.00|20"),
    "invoice confirm": ("draft",),
    "invoice show": ("bill",),
    "invoice pdf": ("bill", "-o", "bill.pdf"),
    "credit-note issue": ("bill", "--amount", "5.00", "--reason", "Given back"),
    "credit-note show": ("note",),
    "credit-note refund": ("note", *DAY),
    "bank import": ("bank.xml", "--partner", "Harbour Net"),
    "bank show": ("{file}",),
    "bank confirm": ("{line}",),
    "bank ignore": ("{line}",),
    "bank split": ("{line}", "1.00"),
    "bank mapping": ("giro", *MAPPING),
    "book": ("swim/1", "acme"),
    "booking cancel": ("{booking}",),
    "booking undo": ("{cancelled}",),
    "booking check-in": ("{booking}",),
    "membership buy": ("gym", "acme", "--from", "2026-11-22"),
    "membership show": ("gym/walker",),
    "membership renew": ("gym/walker",),
    "message send": (*NEWS, "--filter", "main=acme", "--external-id", "news"),
    "message show": ("told",),
    "message stop": ("told",),
    "message preference": ("acme", "news", "off"),
    "membership end": ("gym/walker",),
    "membership freeze": ("gym/walker", "--from", "2026-12-01", "--to", "2026-12-02"),
    "membership unfreeze": ("gym/sam", "--from", "2026-12-11"),
    "membership change": ("gym/walker", "pool"),
    "waiting promote": (),
    "waiting accept": ("swim/2", "acme"),
    "waiting leave": ("swim/2", "sam"),
}
"""Arguments with which each command does something; what stands in braces is what the town says."""

FAILS: dict[str, tuple[str, tuple[str, ...]]] = {
    "admin create": ("invalid", ("--email", "x", "--name", "New", "--role", "operations")),
    "login reset": ("failed", ("nobody@staff.test",)),
    "sessions end": ("failed", ("nobody@staff.test",)),
    "customer add": ("invalid", ("--name", "Somebody New", "--billing-day", "40")),
    "customer show": ("failed", ("nobody",)),
    "customer status": ("failed", ("nobody", "blocked")),
    "customer remove": ("refused", ("free",)),
    "can": ("failed", ("nobody@staff.test", "customers.view", "acme")),
    "features set": ("failed", ("groups", "on", "--partner", "Nowhere")),
    "group create": ("refused", ("mum",)),
    "group add": ("refused", ("mum", "aunt", "--role", "dependent")),
    "group role": ("refused", ("free", "dependent")),
    "group remove": ("refused", ("mum",)),
    "group freeze": ("refused", ("quarrel", "--reason", "Another one")),
    "group unfreeze": ("refused", ("aunt", "--reason", "Settled")),
    "group show": ("refused", ("free",)),
    "import": ("refused", ("links", "wrong.csv")),
    "post": ("invalid", ("payment", "acme", "many", "--date", "2026-11-20")),
    "reverse": ("failed", ("nothing", "--reason", "Mistaken")),
    "link": ("refused", ("acme", "owing", "--mode", "aggregated")),
    "mode": ("refused", ("free", "aggregated")),
    "unlink": ("refused", ("free",)),
    "management": ("failed", ("nobody", "on")),
    "partner link": ("refused", ("acme", "asleep")),
    "partner unlink": ("refused", ("free",)),
    "statement": ("failed", ("nobody", *MONTH)),
    "config show": ("failed", ("Nowhere",)),
    "config set": ("invalid", ("Harbour Net", "grace_days=many")),
    "open-items": ("failed", ("nobody",)),
    "ageing": ("failed", ("--customer", "nobody")),
    "allocate": ("refused", ("paid", "bill", "900.00")),
    "unallocate": ("refused", ("paid", "bill")),
    "credit apply": ("refused", ("billed", "bill", "900.00")),
    "payment refund": ("refused", ("paid", "900.00", *DAY)),
    "period close": ("refused", ("2030-01",)),
    "period show": ("failed", ("--partner", "Nowhere")),
    "invoice issue": ("refused", ("billed", *DAY, "--line", "Off|1|-5.00|0")),
    "invoice confirm": ("failed", ("nothing",)),
    "invoice show": ("failed", ("nothing",)),
    "invoice pdf": ("failed", ("nothing", "-o", "nothing.pdf")),
    "credit-note issue": ("refused", ("bill", "--amount", "900.00", "--reason", "Given back")),
    "credit-note show": ("failed", ("nothing",)),
    "credit-note refund": ("refused", ("note", "--amount", "900.00", *DAY)),
    "bank import": ("invalid", ("nothing.xml",)),
    "bank show": ("failed", ("nothing",)),
    "bank confirm": ("failed", ("{line}", "--customer", "nobody")),
    "bank ignore": ("failed", ("nothing",)),
    "bank split": ("invalid", ("{line}", "one")),
    "bank mapping": ("invalid", ("giro", "date=day")),
    "service show": ("failed", ("nobody",)),
    "order place": ("refused", ("acme", "router:9")),
    "order show": ("failed", ("nothing",)),
    "order accept": ("failed", ("nothing",)),
    "order fulfil": ("refused", ("order/1",)),
    "order cancel": ("failed", ("nothing",)),
    "catalogue show": ("failed", ("nothing",)),
    "document add": ("refused", ("acme", "empty.pdf")),
    "document list": ("failed", ("nobody",)),
    "service add": ("failed", ("nobody", "--plan", "Hall", "--price", "9.00", "--from", "2026-11-22")),
    "service change": ("refused", ("phone", "--from", "2026-11-25", "--number", "1")),
    "service pause": ("refused", ("line", "--from", "2026-11-25")),
    "service resume": ("refused", ("phone", "--from", "2026-11-25")),
    "service stop": ("refused", ("phone", "--from", "2025-11-25")),
    "ticket open": ("refused", ("acme", "--subject", "Line down", "--text", "Nothing", "--attach", "empty.pdf")),
    "ticket answer": ("failed", ("nothing", "--text", "It works again")),
    "ticket note": ("invalid", ("{ticket}", "--text", " ")),
    "ticket state": ("failed", ("nothing", "solved")),
    "ticket show": ("failed", ("nothing",)),
    "ticket list": ("failed", ("nobody",)),
    "ticket receive": ("invalid", ("nothing.eml",)),
    "calendar address": ("failed", ("nobody@portal.test",)),
    "session add": ("refused", ("swim", "--at", "2026-12-07T18:30", "--minutes", "45")),
    "session cancel": ("failed", ("nothing", "--reason", "The pool is closed")),
    "session capacity": ("failed", ("nothing", "5")),
    "session list": ("failed", ("nothing",)),
    "session show": ("failed", ("nothing",)),
    "session move": ("refused", ("swim1", "--at", "2026-01-01T18:00")),
    "billing run": ("failed", ("--partner", "Nowhere")),
    "blocking run": ("failed", ("--partner", "Nowhere")),
    "reminders run": ("failed", ("--partner", "Nowhere")),
    "reminders exempt": ("failed", ("nobody", "on")),
    "statements monthly": ("failed", ("nobody", "on")),
    "statements send": ("invalid", ("--month", "2026-13")),
    "audit": ("failed", ("--customer", "nobody")),
    "book": ("refused", ("swim/1", "walker", "--payer", "owner")),
    "booking cancel": ("refused", ("{cancelled}",)),
    "booking undo": ("refused", ("{booking}",)),
    "booking check-in": ("refused", ("{cancelled}",)),
    "membership buy": ("failed", ("nothing", "acme", "--from", "2026-11-22")),
    "membership show": ("failed", ("nothing",)),
    "membership renew": ("refused", ("visits/walker",)),
    "message send": ("refused", (*NEWS, "--filter", "text=nobody at all")),
    "message show": ("failed", ("nothing",)),
    "message stop": ("failed", ("nothing",)),
    "message preference": ("refused", ("acme", "money", "off")),
    "membership end": ("refused", ("gym/walker", "--undo")),
    "membership freeze": ("refused", ("visits/walker", "--from", "2026-12-01", "--to", "2026-12-02")),
    "membership unfreeze": ("refused", ("gym/walker", "--from", "2026-12-11")),
    "membership change": ("refused", ("gym/walker", "gym")),
    "waiting promote": ("failed", ("nothing",)),
    "waiting accept": ("refused", ("swim/1", "acme")),
    "waiting leave": ("refused", ("swim/1", "acme")),
}
"""Arguments with which each command cannot, and how its answer says so."""

PREVIEWED = (
    "link",
    "mode",
    "unlink",
    "management",
    "partner link",
    "partner unlink",
    "customer status",
    "allocate",
    "book",
    "service add",
    "service change",
    "service pause",
    "service resume",
    "service stop",
    "membership buy",
    "membership renew",
    "membership end",
    "membership freeze",
    "membership unfreeze",
    "membership change",
)


@pytest.fixture
def town(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Acme pays for branch, alex for sam; mum owns a group with aunt, and with
    quarrel, which nobody acts for at the moment; others are free, in debt, asleep or to go.
    Billed has papers of each kind and money on both books; what names a file of a bank and a line of it is returned,
    and two bookings of walker."""
    for name in ("acme", "branch", "free", "owing", "alex", "sam"):
        people.customer(name)
    for name in ("asleep", "gone"):
        people.customer(name, own_status="inactive")
    people.link("acme", "branch")
    people.share("alex", "sam")
    people.post("owing", "invoice", 500, "2026-11-01", external_id="first")
    administrator("boss@staff.test")
    families.switch()
    families.person("mum")
    families.person("aunt")
    families.child("quarrel")
    families.family("mum", aunt=families.ADMIN, quarrel=families.DEPENDENT)
    groups.freeze(SYSTEM, "quarrel", "A dispute")
    monkeypatch.chdir(tmp_path)
    Path("right.csv").write_text(LINKS.format("free"), encoding="utf-8")
    Path("wrong.csv").write_text(LINKS.format("asleep"), encoding="utf-8")
    Path("empty.pdf").touch()
    Path("hello.eml").write_bytes(b"From: mum@portal.test\nSubject: Hello\n\nHow?")
    papers()
    timetable.activity("swim", place="Pool")
    timetable.session("swim1", "swim", "2026-12-07T18:00")
    paid = entry("160.00", details(text="INV-000077"), ref="B1")
    Path("bank.xml").write_bytes(camt(statement("0.00", "9.00", [entry("9.00", ref="B2")], number="S2")))
    earlier = io.BytesIO(camt(statement("0.00", "160.00", [paid])))
    file = importing.import_file(SYSTEM, earlier, "earlier.xml", partner="Harbour Net").file
    line = looking.open_file(SYSTEM, file).lines[0].line.public_id
    told = Mass(MessageKind.NEWS, from_names({"text": "free"}), "News", "Hello", external_id="told")
    sending.send(SYSTEM, told)
    made = tickets.open_ticket(SYSTEM, "acme", "Question", "How?").ticket
    return {"file": file, "line": line, "ticket": made, **places_in_sessions()}


def places_in_sessions() -> dict[str, str]:
    """Walker has a place in swim/1 and gave one back; the place of swim/2 is offered to acme, and sam waits for it."""
    people.customer("walker")
    sessions.session("swim/1", "2026-12-01T17:00")
    sessions.session("swim/2", "2026-12-02T17:00", capacity=1)
    sessions.session("swim/3", "2026-12-03T17:00")
    families.choose(waiting_hold=24)
    first, gone, other = (
        booking.book(SYSTEM, [Wish(name, "walker")]).bookings[0].booking for name in ("swim/1", "swim/3", "swim/2")
    )
    booking.book(SYSTEM, [Wish("swim/2", "acme", wait=True)])
    booking.book(SYSTEM, [Wish("swim/2", "sam", wait=True)])
    cancelling.cancel(SYSTEM, gone)
    cancelling.cancel(SYSTEM, other)
    what_they_hold()
    return {"booking": first, "cancelled": gone}


def what_they_hold() -> None:
    """Walker holds gym and visits, sam a gym that is frozen in December."""
    head = "external_id,name,partner,price,period,visits,freeze_days\n"
    rows = "gym,Gym,Harbour Net,30.00,month,,30\npool,Pool,Harbour Net,40.00,month,,30\n"
    clean("membership-plans", f"{head}{rows}visits,Visits,Harbour Net,50.00,,10,0\n")
    held = "gym/walker,gym,walker,2026-11-01\nvisits/walker,visits,walker,2026-11-01\ngym/sam,gym,sam,2026-11-20\n"
    clean("memberships", "external_id,plan,customer,from\n" + held)
    plans = "phone,acme,Phone,5.00,2026-11-01,active,2026-11-30\nline,acme,Line,5.00,2026-11-01,paused,\n"
    clean("services", "external_id,customer,plan,price,started_on,state,paid_until\n" + plans)
    clean("catalogue", "external_id,name,price,stock\nrouter,Router,62.00,8\n")
    for number in ("order/1", "order/2"):
        placing.place(SYSTEM, Ordered("acme", (("router", 1),), external_id=number))
    handling.accept(SYSTEM, "order/2")
    freezing.freeze(SYSTEM, "gym/sam", Period(date(2026, 12, 10), date(2026, 12, 20)))


def papers() -> None:
    """What billed owes and paid: invoices, a draft, a credit note, payments and Customer Credit."""
    people.customer("billed")
    people.post("billed", "invoice", 10_000, "2026-11-01", external_id="bill")
    people.post("billed", "invoice", 16_000, "2026-11-01", number="INV-000077")
    people.post("billed", "credit_note", 2_500, "2026-11-02", external_id="note")
    people.post("billed", "payment", 4_000, "2026-11-05", external_id="paid")
    people.post("billed", "payment", 1_000, "2026-11-05", external_id="settled")
    people.post("billed", "credit", 2_000, "2026-11-01", ledger="credit")
    allocating.allocate(SYSTEM, allocating.Wanted("settled", "bill"))
    lines = (line_of_command("Seat|1|5.00|20"),)
    issuing.draft(SYSTEM, Wanted("billed", date(2026, 11, 1), lines, external_id="draft"))


def filled(arguments: tuple[str, ...], town: dict[str, str]) -> list[str]:
    """Arguments with what only the town knows."""
    return [argument.format_map(town) for argument in arguments]


def named() -> set[str]:
    return {name for name, _ in commands()}


def test_every_command_has_its_turn_here() -> None:
    assert set(WORKS) == named() - {"serve", "restore"}
    assert set(FAILS) == named() - MACHINERY - {"demo load", "doctor", "features show"}


@pytest.mark.parametrize("name", WORKS)
def test_what_is_done_is_told_in_json(app: Flask, town: dict[str, str], name: str) -> None:
    acting = () if name in READING | MACHINERY else ("--as", "boss@staff.test")
    said = answer(app, *name.split(), *filled(WORKS[name], town), *acting)
    assert isinstance(said, dict)
    assert said
    assert not {"refused", "failed", "invalid"} & set(said)


def test_what_is_refused_is_told_in_json_and_in_sentences(app: Flask, town: dict[str, str]) -> None:
    before = foresight.everything()
    for name, (how, arguments) in FAILS.items():
        result = run(app, *name.split(), *filled(arguments, town), "--json", code=1)
        said = json.loads(result.stdout)
        assert how in said, (name, said)
        assert result.stderr.strip(), f"{name}: the sentences stand on standard error all the same"
        for one in said.get("refused", ()):
            assert {"rule", "message", "remedy"} <= set(one), name
            assert all(str(one[part]).strip() for part in ("rule", "message", "remedy")), (name, one)
            assert f"[{one['rule']}] {one['message']}" in result.stderr, name
    assert foresight.everything() == before


def test_every_preview_has_one_shape(app: Flask, town: dict[str, str]) -> None:
    for name in PREVIEWED:
        said = answer(app, *name.split(), *filled(WORKS[name], town), "--preview")
        assert isinstance(said["preview"], str), name
        assert said["changes"], name
        assert all(set(line) == {"what", "before", "after"} for line in said["changes"]), name
        assert all(isinstance(line[part], str) for line in said["changes"] for part in line), name
        assert isinstance(said["warnings"], list), name
        assert "refused" not in said, name
    for name in ("link", "partner link", "customer remove"):
        said = answer(app, *name.split(), *filled(FAILS[name][1], town), "--preview", code=1)
        assert {"preview", "changes", "warnings", "refused"} <= set(said), name
        assert all(set(one) == {"rule", "message", "remedy"} for one in said["refused"]), name


def test_in_the_name_of_nobody_that_is_known_nothing_is_done(app: Flask, town: dict[str, str]) -> None:
    before = foresight.everything()
    for name in sorted(named() - READING - MACHINERY):
        result = run(app, *name.split(), *filled(WORKS[name], town), "--as", "nobody@staff.test", "--json", code=1)
        assert "nobody@staff.test" in json.loads(result.stdout)["failed"][0], name
    assert foresight.everything() == before
