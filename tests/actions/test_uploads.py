"""Files that people sent stay as long as a job reads them, whenever it dies and however long it waits."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from portal.actions import jobs
from portal.actions.bank import uploading
from portal.actions.links import files as links
from portal.config import Settings
from portal.db.jobs import queue
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from tests import people
from tests.logins import administrator
from tests.outside.bank.writing import camt, details, entry, statement

BANK = camt(statement("0.00", "1.00", [entry("1.00", details("A"), ref="B1")]))
LINKS = b"main,sub,billing_mode,action\nacme,branch,independent,link\n"


@pytest.fixture
def office(app: Flask) -> Actor:
    for name in ("acme", "branch"):
        people.customer(name)
    return administrator("ines@portal.test")


def bank_file(office: Actor) -> str:
    sent, _ = uploading.receive(office, io.BytesIO(BANK), "bank.xml")
    return uploading.start(office, sent, url="/staff/bank/{file}")


def links_file(office: Actor) -> str:
    sent = links.receive(office, io.BytesIO(LINKS), "links.csv")
    return links.start(office, sent, mark=links.check(office, sent).mark, url="/staff/links")


def kept(settings: Settings) -> list[Path]:
    return sorted(settings.instance_dir.glob("uploads/*"))


@pytest.mark.parametrize("begin", [bank_file, links_file])
def test_f16_a_file_outlives_every_try_of_its_job(
    office: Actor,
    settings: Settings,
    frozen: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    begin: Callable[[Actor], str],
) -> None:
    job = begin(office)
    (path,) = kept(settings)
    # The worker is away for two days, and somebody else sends a file meanwhile.
    frozen.shift(timedelta(days=2))
    long_ago = (clock.now() - timedelta(days=2)).timestamp()
    os.utime(path, (long_ago, long_ago))
    unread, _ = uploading.receive(office, io.BytesIO(b"a;b\n1;2\n"), "other.csv")
    assert kept(settings) == sorted([path, path.with_name(path.name[:-64] + unread.sha256)])
    # Its first try is killed when all is written and nothing is committed.
    real = queue.finish

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(queue, "finish", dies)
    claimed = jobs.claim()
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        jobs.run(claimed)
    monkeypatch.setattr(queue, "finish", real)
    assert path.is_file()
    jobs.give_back(claimed, counts=False)
    # The same file is waited for twice: the second job finds it as well, whatever it makes of it.
    again = begin(office) if begin is bank_file else None
    assert jobs.run_due(1) == 1
    assert jobs.watch(office, job).state == "done", jobs.watch(office, job).error
    assert path.is_file() is (again is not None)
    if again is not None:
        assert jobs.run_due() == 1
        assert jobs.watch(office, again).state == "done", jobs.watch(office, again).error
    assert path not in kept(settings)


def test_f16_the_same_form_again_needs_no_file(office: Actor, settings: Settings) -> None:
    """A double click gets the answer of the first, whose file is gone."""
    sent, _ = uploading.receive(office, io.BytesIO(BANK), "bank.xml")
    done = uploading.take_in(office, sent, once="k" * 32)
    assert (done.added, kept(settings)) == (1, [])
    assert uploading.take_in(office, sent, once="k" * 32) == done
    with pytest.raises(Missing, match="not kept any more"):
        uploading.take_in(office, sent, once="m" * 32)
