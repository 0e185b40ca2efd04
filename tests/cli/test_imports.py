"""`flask import`."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from flask import Flask

from portal.config import ROOT
from portal.db.customers import profiles as customers
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator

CUSTOMERS = "external_id,name,email\nacme,Acme Ltd,acme@example.test\nbranch,Branch,\n"
HEAD = "external_id,customer,date,kind,amount\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "good.csv").write_text(f"{HEAD}t1,acme,2026-11-01,invoice,5\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text(
        f"{HEAD}t1,acme,2026-11-01,invoice,5\nt2,nobody,2026-11-01,invoice,1e5\n", encoding="utf-8"
    )
    (tmp_path / "links.csv").write_text("main,sub,billing_mode\nacme,acme,aggregated\n", encoding="utf-8")
    return tmp_path


def test_a_file_is_imported_and_skipped_the_second_time(app: Flask, files: Path) -> None:
    first = run(app, "import", "customers", files / "customers.csv")
    assert first.stdout == "customers: 2 rows, 2 created, 0 updated, 0 there already.\n"
    again = answer(app, "import", "customers", files / "customers.csv")
    assert again == {
        "kind": "customers",
        "rows": 2,
        "created": 0,
        "updated": 0,
        "skipped": 2,
        "errors": [],
        "error_count": 0,
        "dry_run": False,
    }
    assert answer(app, "import", "transactions", files / "good.csv")["created"] == 1


def test_a_dry_run_changes_nothing(app: Flask, files: Path) -> None:
    said = run(app, "import", "customers", files / "customers.csv", "--dry-run").stdout
    assert said.startswith("Nothing was changed (dry run).")
    assert customers.by_reference("acme") is None


def test_errors_go_to_standard_error_line_by_line(app: Flask, files: Path) -> None:
    run(app, "import", "customers", files / "customers.csv")
    result = run(app, "import", "transactions", files / "bad.csv", code=1)
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "line 3, customer: There is no customer “nobody”.",
        "line 3, amount: “1e5” is not an amount. Write it like 12.50, without separators or symbols.",
        "2 errors. Nothing was imported.",
    ]
    said = answer(app, "import", "transactions", files / "bad.csv", code=1)
    assert (said["rows"], said["created"], said["error_count"]) == (2, 0, 2)
    assert said["errors"][0] == {
        "line": 3,
        "column": "customer",
        "message": "There is no customer “nobody”.",
        "rule": None,
        "remedy": None,
    }
    assert "refused" not in said


def test_refusals_carry_their_rule(app: Flask, files: Path) -> None:
    run(app, "import", "customers", files / "customers.csv")
    said = answer(app, "import", "links", files / "links.csv", code=1)
    assert [(one["rule"], one["line"]) for one in said["refused"]] == [("L5", 2)]
    assert said["errors"][0]["rule"] == "L5"
    assert "[L5]" in run(app, "import", "links", files / "links.csv", code=1).stderr


@pytest.mark.parametrize("name", ["none.csv", ""])
def test_what_cannot_be_read_is_a_sentence(app: Flask, files: Path, name: str) -> None:
    result = run(app, "import", "customers", files / name, code=1)
    assert "no file" in result.stderr or "is a folder" in result.stderr
    assert "failed" in answer(app, "import", "customers", files / name, code=1)


def test_wrong_usage_exits_with_two(app: Flask, files: Path) -> None:
    run(app, "import", "wishes", files / "customers.csv", code=2)
    run(app, "import", "customers", code=2)
    run(app, "import", code=2)


def test_it_can_be_done_in_somebodys_name(app: Flask, files: Path) -> None:
    person = administrator("ada@kith.example")
    run(app, "import", "customers", files / "customers.csv", "--as", person.email)
    result = run(app, "import", "customers", files / "customers.csv", "--as", "nobody@kith.example", code=1)
    assert "No administrator signs in with nobody@kith.example." in result.stderr


def test_l18_a_dry_run_of_links_tells_what_each_line_would_do(app: Flask, tmp_path: Path) -> None:
    for name in ("acme", "branch", "depot"):
        people.customer(name)
    people.link("acme", "depot")
    path = tmp_path / "links.csv"
    head = "main,sub,billing_mode,action\n"
    path.write_text(f"{head}acme,branch,independent,link\nacme,depot,,unlink\nacme,depot,,unlink\n")
    done = run(app, "import", "links", path, "--dry-run").stdout.splitlines()
    assert done[0].startswith(
        "Nothing was changed (dry run). There would be: links: 3 rows, 1 created, 1 updated, 1 there"
    )
    assert done[1:] == [
        "line 2: Link Branch to Acme, independent.",
        "line 3: Unlink Depot from Acme.",
        "line 4: Depot: nothing to do, it is so already.",
    ]
    said = answer(app, "import", "links", path, "--dry-run")
    assert said["lines"][1] == {"line": 3, "text": "Unlink Depot from Acme", "changes": True}
    people.post("acme", "invoice", 500, "2026-11-01")
    refused = run(app, "import", "links", path, "--dry-run", code=1)
    assert refused.stdout.splitlines() == [done[1]]
    assert [line.split("]")[0] for line in refused.stderr.splitlines()] == [
        "line 3, sub: [L10",
        "line 4, sub: [L10",
        "2 errors. Nothing was imported.",
    ]
    said = answer(app, "import", "links", path, "--dry-run", code=1)
    assert ([one["line"] for one in said["lines"]], [one["line"] for one in said["refused"]]) == ([2], [3, 4])
    assert "lines" not in answer(app, "import", "links", path, code=1)
    assert answer(app, "customer", "show", "branch")["main"] is None


def test_the_progress_bar_is_no_part_of_the_answer(app: Flask, files: Path) -> None:
    result = run(app, "import", "customers", files / "customers.csv", "--progress")
    assert result.stdout == "customers: 2 rows, 2 created, 0 updated, 0 there already.\n"
    assert "customers:" in result.stderr


def test_in_a_process_of_its_own_and_from_a_pipe(app: Flask, files: Path) -> None:
    people.customer("acme")
    settings = app.config["PORTAL_SETTINGS"]
    environment = {
        **os.environ,
        "PORTAL_ENV": "test",
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_INSTANCE_DIR": str(settings.instance_dir),
        "PORTAL_SECRET_KEY": "a secret for tests only, long enough",
    }
    pipe = files / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(f"{HEAD}t1,acme,2026-11-01,invoice,5\n"))
    writer.start()
    done = subprocess.run(
        [sys.executable, "-m", "flask", "import", "transactions", str(pipe), "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    writer.join(10)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"created": 1' in done.stdout
