"""Amounts reach only whoever may see finances (S9, SEC56): pages, files, their names, JSON, the log, and commands.

`test_routes.py` looks for the same amounts on the pages of everybody in its table.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask

from portal.actions import logins
from portal.actions.links import files as link_files
from portal.actions.staff import roles
from portal.actions.staff.roles import Draft
from portal.db.engine import db, writes
from portal.db.tables import AuditRecord
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.deciding import STAFF_PERMISSIONS, SYSTEM
from portal.rules.errors import Reason, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.guard import policy, public
from tests.people import PASSWORD
from tests.shape.seen import amounts, everything, notations
from tests.shape.test_commands import commands, without
from tests.shape.test_routes import BRIEFLY, filled, rules, subjects
from tests.shape.world import CANARIES, World, browser_of

pytestmark = pytest.mark.engine("sqlite")
"""Whom a page tells an amount does not hang on the engine; `test_routes.py` walks them all on each."""

POOR = ("viewer", "clerk", "keeper")
"""Who may look at much and at no finances, beside those in the table of routes: a login of the company that may only
see, an administrator with a narrow role, and one who may do everything but see finances and post."""

KEEPER = STAFF_PERMISSIONS - {Permission.CUSTOMERS_FINANCE, Permission.FINANCE_POST}


@pytest.fixture
def database(copied: str) -> str:
    """The world's."""
    return copied


@pytest.fixture
def keeper(app: Flask, world: World) -> str:
    """The administrator who may do everything but see finances."""
    roles.add_role(SYSTEM, Draft("Keeper", "", KEEPER))
    email = "keeper@portal.test"
    logins.create_administrator(SYSTEM, email=email, name="Keeper", role="Keeper", password=PASSWORD)
    return email


@pytest.fixture
def old_line(app: Flask, world: World) -> None:
    """A line of the log from before it kept sentences."""

    @writes
    def remember() -> None:
        whose, amount = world.customers["branch"].id, notations(CANARIES["branch"])[0]
        words = {"actor": "system operator", "grant": "system", "action": "ledger.post", "details": {}}
        line = AuditRecord(public_id=new_public_id(), at=clock.now(), subject_id=whose, **words)
        line.text = f"Invoice of {amount} EUR posted"
        db.session.add(line)

    remember()


@pytest.mark.usefixtures("keeper", "old_line")
@pytest.mark.parametrize("person", POOR)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_sec56_s9_who_may_not_see_finances_meets_no_amount(app: Flask, world: World, person: str, accept: str) -> None:
    browser, wrong, met = browser_of(app, person), [], 0
    for rule in rules(app):
        mark = policy(app, rule.endpoint)
        if mark == "public" or "GET" not in (rule.methods or ()):
            continue
        for about in subjects(rule.rule):
            answer = browser.get(filled(rule.rule, world, about), headers={"Accept": accept})
            met += answer.status_code == 200
            shown = everything(answer)
            wrong += [f"{rule.rule} [{about}] shows the amount of {name}" for name in amounts(shown, CANARIES)]
            answer.close()
    assert not wrong, "\n".join(wrong)
    assert met > 5, "hardly a page was looked at"


ASKED = (
    "/staff/customers/{stranger}/link?other={company}&as=main&mode=aggregated",
    "/staff/customers/{company}/link?other={stranger}&as=sub&mode=independent",
    "/staff/customers/{franchise}/billing-mode?mode=aggregated",
    "/staff/customers/{branch}/unlink",
    "/staff/customers/{stranger}/partner-account/link?other={parent}&primary=other",
    "/staff/customers/{stranger}/partner-account/link?other={parent}&primary=here",
    "/staff/customers/{stranger}/remove",
    "/staff/customers/{stranger}/status?to=inactive",
    "/staff/audit?action=ledger.",
    "/staff/customers?q=stranger",
)
"""Pages that show what a rule counts once they are asked about two customers."""


@pytest.mark.parametrize("path", ASKED)
def test_sec56_s9_refusals_and_previews_tell_no_amounts(app: Flask, world: World, keeper: str, path: str) -> None:
    browser, asked = browser_of(app, "keeper"), path.format_map(_ids(world))
    answer = browser.get(asked)
    assert answer.status_code in (200, 302), "nothing was looked at"
    assert amounts(everything(answer), CANARIES) == []


def _ids(world: World) -> dict[str, str]:
    return {name: profile.public_id for name, profile in world.customers.items()}


@pytest.mark.parametrize(
    ("person", "told"),
    [("keeper", "•••"), ("viewer", "•••"), ("administrator", "7391.57 EUR"), ("company", "7391.57 EUR")],
)
def test_sec56_s9_a_refusal_as_json_tells_amounts_to_whom_it_may(
    app: Flask, world: World, keeper: str, monkeypatch: pytest.MonkeyPatch, person: str, told: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        owed = say("{amount} is owed.", amount=Money(CANARIES["company"], "EUR"))
        raise Refused([Reason("L3", owed, owed)], owed)

    monkeypatch.setitem(app.view_functions, "operations.healthz", public(refuse))
    answer = browser_of(app, person).get("/healthz", headers=BRIEFLY)
    assert answer.status_code == 409
    assert str(answer.json).count(f"{told} is owed.") == 5


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_sec56_s9_a_refused_deed_tells_no_amounts(app: Flask, world: World, keeper: str, accept: str) -> None:
    browser, ids = browser_of(app, "keeper"), _ids(world)
    path = f"/staff/customers/{ids['stranger']}/link"
    browser.get(f"{path}?other={ids['company']}")
    data = {"csrf_token": browser.page.hidden["csrf_token"], "other": ids["company"], "mode": "aggregated"}
    answer = browser.post(path, data=data, headers={"Accept": accept})
    assert answer.status_code in (409, 422)
    assert amounts(everything(answer), CANARIES) == []


NAMED = {
    "admin create": "--email new@portal.test --name New --role operations",
    "login reset": "clerk@portal.test",
    "sessions end": "clerk@portal.test",
    "post": "invoice stranger 1.00 --date 2026-11-20",
    "reverse": "nothing --reason mistaken",
    "allocate": "PAY-000001",
    "unallocate": "PAY-000001 INV-000001",
    "credit apply": "stranger INV-000001 1.00",
    "open-items": "stranger",
    "payment refund": "PAY-000001 --date 2026-11-20",
    "period close": "2026-01",
    "period show": "",
    "config show": "Elsewhere",
    "config set": "Elsewhere terms=never",
    "invoice issue": "stranger --date 2026-11-20 --line A|1|1.00|0",
    "invoice confirm": "nothing",
    "invoice show": "INV-000001",
    "invoice pdf": "INV-000001 -o {file}",
    "credit-note issue": "INV-000001 --whole --reason mistaken",
    "credit-note show": "CN-000001",
    "ageing": "",
    "service show": "stranger",
    "order place": "stranger nothing",
    "order show": "nothing",
    "order accept": "nothing",
    "order fulfil": "nothing",
    "order cancel": "nothing",
    "catalogue show": "nothing",
    "document add": "company {file}",
    "document list": "company",
    "service add": "stranger --plan Hall --price 1.00 --from 2026-12-01",
    "service change": "nothing --from 2026-12-01",
    "service pause": "nothing --from 2026-12-01",
    "service resume": "nothing --from 2026-12-01",
    "service stop": "nothing --from 2026-12-01",
    "ticket open": "company --subject A --text A",
    "ticket answer": "nothing --text A",
    "ticket note": "nothing --text A",
    "ticket state": "nothing solved",
    "ticket show": "nothing",
    "ticket list": "company",
    "ticket receive": "nothing",
    "calendar address": "company@portal.test",
    "session add": "nothing --at 2026-12-07T18:00 --minutes 45",
    "session cancel": "nothing --reason closed",
    "session capacity": "nothing 5",
    "session list": "nothing",
    "session show": "nothing",
    "session move": "nothing --at 2026-12-07T18:00",
    "billing run": "--date 2026-11-20",
    "book": "nothing stranger",
    "booking cancel": "nothing",
    "booking undo": "nothing",
    "booking check-in": "nothing",
    "waiting promote": "",
    "waiting accept": "nothing stranger",
    "waiting leave": "nothing stranger",
    "membership buy": "nothing stranger --from 2026-12-01",
    "membership show": "nothing",
    "membership renew": "nothing",
    "message send": "--subject News --text Hello --kind news --filter text=stranger",
    "message show": "nothing",
    "message stop": "nothing",
    "message preference": "stranger news off",
    "membership end": "nothing",
    "membership freeze": "nothing --from 2026-12-01 --to 2026-12-02",
    "membership unfreeze": "nothing --from 2026-12-01",
    "membership change": "nothing other",
    "blocking run": "",
    "reminders run": "",
    "reminders exempt": "stranger on",
    "statements monthly": "stranger on",
    "statements send": "--month 2026-10 --dry-run",
    "audit": "",
    "bank import": "{file}",
    "bank show": "nothing",
    "bank confirm": "nothing",
    "bank ignore": "nothing",
    "bank split": "nothing 1.00",
    "bank mapping": "house date=Date amount=Amount",
    "credit-note refund": "CN-000001 --date 2026-11-20",
    "customer add": "--name Newcomer",
    "customer status": "stranger blocked",
    "customer remove": "stranger",
    "demo load": "",
    "features set": "groups on",
    "features show": "",
    "group create": "nanny",
    "group add": "parent branch --role admin",
    "group role": "teen admin",
    "group remove": "teen",
    "group freeze": "teen --reason dispute",
    "group unfreeze": "teen --reason agreed",
    "group show": "teen",
    "import": "links {file}",
    "link": "company stranger --mode aggregated",
    "mode": "franchise aggregated",
    "unlink": "branch",
    "management": "company off",
    "partner link": "parent stranger",
    "partner unlink": "stranger",
}
"""What each command that can be run in somebody's name is told."""


def test_every_command_in_somebodys_name_is_run_here() -> None:
    assert NAMED.keys() == {name for name, _ in commands()} - without("--as")


def _ways() -> list[str]:
    """Each command of NAMED, with every way to ask for its answer that it has."""
    known = {name: {option for one in command.params for option in one.opts} for name, command in commands()}
    ways = ("", "--json", "--preview", "--preview --json")
    return [f"{name}|{way}" for name in NAMED for way in ways if set(way.split()) <= known[name]]


@pytest.mark.parametrize("way", _ways())
def test_sec56_s9_a_command_in_somebodys_name_tells_no_amounts(
    app: Flask, world: World, keeper: str, way: str, tmp_path: Path
) -> None:
    words, _, more = way.partition("|")
    file = tmp_path / "links.csv"
    file.write_text("main,sub,billing_mode\ncompany,stranger,aggregated\n")
    said = [*words.split(), *NAMED[words].format(file=file).split(), *more.split(), "--as", keeper]
    db.session.remove()
    done = app.test_cli_runner().invoke(args=said)
    assert done.exit_code in (0, 1), done.output
    assert done.output.strip()
    assert amounts(done.output, CANARIES) == []


def test_sec56_s9_the_report_of_a_link_file_tells_no_amounts(app: Flask, world: World, keeper: str) -> None:
    file = io.BytesIO(b"main,sub,billing_mode\ncompany,stranger,aggregated\n")
    poor = logins.administrator(keeper)
    report = link_files.check(poor, link_files.receive(poor, file, "links.csv"))
    assert report.problems
    assert "•••" in repr(report.problems), "no refusal has figures, and nothing was looked at"
    assert amounts(repr(report), CANARIES) == []
