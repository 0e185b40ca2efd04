"""`flask backup` and `flask restore` (R27): what they print, and that a restore needs no database that works."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask

from portal.db import soundness
from portal.db.customers import profiles as customers
from portal.db.engine import db
from tests import people
from tests.cli.commands import answer, run


def test_a_backup_and_the_way_back(app: Flask, tmp_path: Path) -> None:
    people.customer("acme")
    said = run(app, "backup", tmp_path / "kith.backup").stdout
    assert said.startswith(f"{tmp_path / 'kith.backup'}: the database and 0 files, ")
    again = run(app, "backup", tmp_path / "kith.backup", code=1)
    assert again.stderr == f"{tmp_path / 'kith.backup'} is there already. Choose another name, or move it away.\n"
    refused = run(app, "restore", tmp_path / "kith.backup", "--json", code=1)
    assert json.loads(refused.stdout)["refused"][0]["rule"] == "R27"
    assert "say --replace" in refused.stderr


def test_r30_a_restore_mends_a_damaged_database(app: Flask, tmp_path: Path) -> None:
    people.customer("acme")
    run(app, "backup", tmp_path / "kith.backup")
    db.session.remove()
    db.engine.dispose()
    path = soundness.sqlite_file()
    path.write_bytes(path.read_bytes()[:5_000])
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    for command in (("doctor",), ("customer", "show", "acme"), ("worker", "--once")):
        assert "flask restore FILE" in run(app, *command, code=1).stderr
    said = answer(app, "restore", tmp_path / "kith.backup", "--replace")
    assert said["path"] == str(tmp_path / "kith.backup")
    assert customers.by_reference("acme") is not None
