"""Every command with `--json`: what it prints when it is done, when it is refused, and for `--preview`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from portal.actions import groups
from portal.rules.deciding import SYSTEM
from tests import families, foresight, people
from tests.cli.commands import answer, run
from tests.logins import administrator
from tests.shape.test_commands import MACHINERY, READING, commands

MONTH = ("--from", "2026-11-01", "--to", "2026-11-30")
LINKS = "main,sub,billing_mode,action\nacme,{},independent,link\n"

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
    "billing run": ("--date", "2026-11-20"),
    "blocking run": (),
    "reminders run": (),
    "reminders exempt": ("acme", "on"),
    "audit": ("--customer", "acme"),
    "worker": ("--once",),
}
"""Arguments with which each command does something."""

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
    "service show": ("failed", ("nobody",)),
    "billing run": ("failed", ("--partner", "Nowhere")),
    "blocking run": ("failed", ("--partner", "Nowhere")),
    "reminders run": ("failed", ("--partner", "Nowhere")),
    "reminders exempt": ("failed", ("nobody", "on")),
    "audit": ("failed", ("--customer", "nobody")),
}
"""Arguments with which each command cannot, and how its answer says so."""

PREVIEWED = ("link", "mode", "unlink", "management", "partner link", "partner unlink", "customer status")


@pytest.fixture
def town(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acme pays for branch, alex for sam; mum owns a group with aunt, and with
    quarrel, which nobody acts for at the moment; others are free, in debt, asleep or to go."""
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


def named() -> set[str]:
    return {name for name, _ in commands()}


def test_every_command_has_its_turn_here() -> None:
    assert set(WORKS) == named() - {"serve", "restore"}
    assert set(FAILS) == named() - MACHINERY - {"demo load", "doctor", "features show"}


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("name", WORKS)
def test_what_is_done_is_told_in_json(app: Flask, name: str) -> None:
    acting = () if name in READING | MACHINERY else ("--as", "boss@staff.test")
    said = answer(app, *name.split(), *WORKS[name], *acting)
    assert isinstance(said, dict)
    assert said
    assert not {"refused", "failed", "invalid"} & set(said)


@pytest.mark.usefixtures("town")
def test_what_is_refused_is_told_in_json_and_in_sentences(app: Flask) -> None:
    before = foresight.everything()
    for name, (how, arguments) in FAILS.items():
        result = run(app, *name.split(), *arguments, "--json", code=1)
        said = json.loads(result.stdout)
        assert how in said, (name, said)
        assert result.stderr.strip(), f"{name}: the sentences stand on standard error all the same"
        for one in said.get("refused", ()):
            assert {"rule", "message", "remedy"} <= set(one), name
            assert all(str(one[part]).strip() for part in ("rule", "message", "remedy")), (name, one)
            assert f"[{one['rule']}] {one['message']}" in result.stderr, name
    assert foresight.everything() == before


@pytest.mark.usefixtures("town")
def test_every_preview_has_one_shape(app: Flask) -> None:
    for name in PREVIEWED:
        said = answer(app, *name.split(), *WORKS[name], "--preview")
        assert isinstance(said["preview"], str), name
        assert said["changes"], name
        assert all(set(line) == {"what", "before", "after"} for line in said["changes"]), name
        assert all(isinstance(line[part], str) for line in said["changes"] for part in line), name
        assert isinstance(said["warnings"], list), name
        assert "refused" not in said, name
    for name in ("link", "partner link", "customer remove"):
        said = answer(app, *name.split(), *FAILS[name][1], "--preview", code=1)
        assert {"preview", "changes", "warnings", "refused"} <= set(said), name
        assert all(set(one) == {"rule", "message", "remedy"} for one in said["refused"]), name


@pytest.mark.usefixtures("town")
def test_in_the_name_of_nobody_that_is_known_nothing_is_done(app: Flask) -> None:
    before = foresight.everything()
    for name in sorted(named() - READING - MACHINERY):
        result = run(app, *name.split(), *WORKS[name], "--as", "nobody@staff.test", "--json", code=1)
        assert "nobody@staff.test" in json.loads(result.stdout)["failed"][0], name
    assert foresight.everything() == before
