"""R27, R23, R30: one file with everything, made while somebody writes, and put back only where it may be."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from portal import create_app
from portal.actions import backups, doctor
from portal.config import Settings
from portal.db import soundness
from portal.db.customers import profiles as customers
from portal.db.engine import db, is_sqlite, to_write, writes
from portal.db.tables import StoredFile
from portal.outside import clock, files
from portal.rules.errors import PortalError, Refused
from tests import people
from tests.conftest import settings_for
from tests.importing import clean

HEAD = "external_id,customer,date,kind,amount\n"


@writes
def keep(data: bytes) -> None:
    """Store a file."""
    sha256, size = files.store(data)
    db.session.add(StoredFile(sha256=sha256, size=size, content_type="text/plain", created_at=clock.now()))


def let_go() -> None:
    """Close what this process has open."""
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def elsewhere(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Another installation, whose database is empty."""
    if engine == "sqlite":
        yield settings_for(tmp_path / "other", f"sqlite:///{tmp_path / 'other.db'}")
        return
    server = request.getfixturevalue("postgres_server")
    yield settings_for(tmp_path / "other", server.create("restored"))
    server.drop("restored")


def test_r27_a_backup_made_while_somebody_writes_passes_doctor(app: Flask, elsewhere: Settings, tmp_path: Path) -> None:
    for name in ("acme", "busy"):
        people.customer(name)
    keep(b"a letter")
    clean("transactions", HEAD + "".join(f"t{n},acme,2026-11-01,invoice,{n + 1}\n" for n in range(50)))
    stop, written = threading.Event(), list[int]()

    def write() -> None:
        with app.app_context():
            for number in range(200):
                if stop.is_set():
                    break
                clean("transactions", HEAD + f"b{number},busy,2026-11-02,invoice,1\n")
                written.append(number)
            db.session.remove()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 2 and writer.is_alive():
            stop.wait(0.01)
        done = backups.back_up(tmp_path / "kith.backup")
    finally:
        stop.set()
        writer.join(60)
    assert written
    assert done.files == 1
    assert (tmp_path / "kith.backup").stat().st_mode & 0o777 == 0o600
    let_go()
    with create_app(elsewhere).app_context():
        backups.restore(tmp_path / "kith.backup")
        found = doctor.examine()
        assert [str(problem) for finding in found.findings for problem in finding.problems] == []
        assert customers.by_reference("acme") is not None
        assert [path.read_bytes() for path in files.kept()] == [b"a letter"]
        let_go()


def test_r27_nothing_is_restored_over_data_or_under_somebody(app: Flask, elsewhere: Settings, tmp_path: Path) -> None:
    people.customer("acme")
    backups.back_up(tmp_path / "kith.backup")
    with pytest.raises(PortalError, match="is there already"):
        backups.back_up(tmp_path / "kith.backup")
    let_go()
    running = create_app(elsewhere)
    with create_app(elsewhere).app_context():
        backups.restore(tmp_path / "kith.backup")
        with pytest.raises(Refused, match="has customers or logins already"):
            backups.restore(tmp_path / "kith.backup")
        with running.app_context():
            held = db.engine.connect()
            held.exec_driver_sql("SELECT 1 FROM customer").all()
        with pytest.raises(Refused, match="Something else has the database open"):
            backups.restore(tmp_path / "kith.backup", replace=True)
        held.close()
        with running.app_context():
            let_go()
        people.customer("later")
        backups.restore(tmp_path / "kith.backup", replace=True)
        assert customers.by_reference("acme") is not None
        assert customers.by_reference("later") is None
        if is_sqlite():
            assert Path(f"{soundness.sqlite_file()}.replaced").exists()
        let_go()


def test_what_is_no_whole_backup_changes_nothing(app: Flask, tmp_path: Path) -> None:
    people.customer("acme")
    keep(b"x" * 5_000)
    backups.back_up(tmp_path / "kith.backup")
    whole = (tmp_path / "kith.backup").read_bytes()
    for cut in (0, 5, 600, 3_000, len(whole) // 2):
        (tmp_path / "cut").write_bytes(whole[:cut])
        with pytest.raises(PortalError, match="no whole backup|cannot be unpacked"):
            backups.restore(tmp_path / "cut", replace=True)
    (tmp_path / "changed").write_bytes(whole.replace(b"x" * 5_000, b"x" * 4_999 + b"y"))
    with pytest.raises(PortalError, match="has other contents"):
        backups.restore(tmp_path / "changed", replace=True)
    with pytest.raises(PortalError, match="There is no file"):
        backups.restore(tmp_path / "none", replace=True)
    assert customers.by_reference("acme") is not None
    assert not list(app.config["PORTAL_SETTINGS"].instance_dir.glob(".restore-*"))


def test_an_archive_never_writes_where_it_wants(app: Flask, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil", "w") as archive:
        for name in ("kith-backup.json", "../../evil.txt"):
            data = json.dumps({"schema": []}).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, BytesIO(data))
    with pytest.raises(PortalError, match="no whole backup"):
        backups.restore(tmp_path / "evil", replace=True)
    assert not list(app.config["PORTAL_SETTINGS"].instance_dir.parent.rglob("evil.txt"))


def test_r23_a_backup_of_a_later_version_is_refused(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups.back_up(tmp_path / "kith.backup")
    monkeypatch.setattr("portal.db.health.revisions", lambda: frozenset({"0001"}))
    with pytest.raises(Refused, match="Install the version that wrote it"):
        backups.restore(tmp_path / "kith.backup")


@pytest.mark.engine("postgres")
def test_without_the_programs_of_postgresql_it_says_what_to_install(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(PortalError, match="postgresql-client"):
        backups.back_up(tmp_path / "kith.backup")
    assert not list(tmp_path.glob("*kith*"))


def test_r33_stored_files_are_looked_at(app: Flask) -> None:
    """Missing and changed files are broken, left-over and open ones worth knowing."""
    for data in (b"kept", b"lost", b"changed"):
        keep(data)
    places = {path.read_bytes(): path for path in files.kept()}
    places[b"lost"].unlink()
    places[b"changed"].write_bytes(b"chanGed")
    places[b"kept"].chmod(0o644)
    left = files.path_of("ab" * 32)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"left")

    def told() -> tuple[list[str], list[str]]:
        found = doctor.examine()
        problems = [str(problem) for finding in found.findings for problem in finding.problems]
        return problems, [str(warning) for warning in found.warnings]

    problems, warnings = told()
    assert len(problems) == 2
    assert any(f"{places[b'lost']} is missing" in one for one in problems)
    assert any(f"{places[b'changed']} has other contents" in one for one in problems)
    assert any("can read" in one and str(places[b"kept"]) in one for one in warnings)
    long_ago = clock.now().timestamp() - 7_200
    os.utime(left, (long_ago, long_ago))
    assert any("left over" in one and str(left) in one for one in told()[1])


@pytest.mark.engine("sqlite")
class TestAFileThatIsNotOurs:
    """R30: it is not worked on, and a sentence says what to do."""

    def trouble(self, content: bytes) -> str:
        path = soundness.sqlite_file()
        let_go()
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(content)
        said = str(soundness.trouble())
        let_go()
        return said

    def test_no_database(self, app: Flask) -> None:
        assert "is not a database of SQLite" in self.trouble(b"a letter, a long one" * 50)

    def test_cut_short(self, app: Flask) -> None:
        let_go()
        whole = soundness.sqlite_file().read_bytes()
        said = self.trouble(whole[: len(whole) // 2])
        assert "is damaged" in said
        assert "flask restore FILE" in said

    def test_of_another_program(self, app: Flask, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "music.db")) as other:
            other.execute("CREATE TABLE songs (title TEXT)")
            other.commit()
        said = self.trouble((tmp_path / "music.db").read_bytes())
        assert "belongs to another program: it has a table songs" in said
        for arguments in (["doctor"], ["db", "upgrade"], ["customer", "show", "acme"]):
            result = app.test_cli_runner().invoke(args=arguments)
            assert result.exit_code != 0
            assert "belongs to another program" in result.output + str(result.exception)
        with closing(sqlite3.connect(soundness.sqlite_file())) as after:
            assert [name for (name,) in after.execute("SELECT name FROM sqlite_master")] == ["songs"]

    def test_r23_of_a_later_version(self, app: Flask) -> None:
        with to_write(db.engine) as connection, connection.begin():
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        assert "schema 9999, which this version" in str(soundness.trouble())

    def test_ours_and_an_empty_one_are_fine(self, app: Flask) -> None:
        assert not soundness.trouble()
        assert self.trouble(b"") == ""
