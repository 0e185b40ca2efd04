"""A bank's file (F16): camt.053 of 50 000 entries, read alone and taken in on SQLite, with the peak of memory of each.

The limit of reading is lxml's own walk over the same file with everything forgotten at once: nobody who looks at each
entry is faster.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

ENTRIES = int(os.environ.get("BENCH_BANK_ENTRIES", "50000"))
GOAL = 5_000
"""Entries a second of CPU, read."""

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    "<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S1</Id>"
    "<Acct><Id><IBAN>CZ6508000000192000145399</IBAN></Id></Acct>"
    '<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
    '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{total}.00</Amt>'
    "<CdtDbtInd>CRDT</CdtDbtInd></Bal>"
)
_ENTRY = (
    '<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>2026-11-28</Dt></BookgDt><ValDt><Dt>2026-11-28</Dt></ValDt><AcctSvcrRef>B{n}</AcctSvcrRef>"
    '<NtryDtls><TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs><Amt Ccy="EUR">1.00</Amt>'
    "<RltdPties><Dbtr><Pty><Nm>Customer {n}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id>"
    "</DbtrAcct></RltdPties><RmtInf><Ustrd>Invoice INV-{n:06} with thanks</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
)


class Result(NamedTuple):
    """Entries, seconds of this process's CPU, and how much memory it had at most beyond its start, in megabytes."""

    count: int
    cpu: float
    megabytes: float


def write_file(path: Path, count: int) -> None:
    """One statement of so many entries."""
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD.format(total=count))
        file.writelines(_ENTRY.format(n=number) for number in range(count))
        file.write("</Stmt></BkToCstmrStmt></Document>")


def walked(path: Path) -> int:
    """The limit."""
    from lxml import etree

    count = 0
    for _event, element in etree.iterparse(str(path), tag="{*}Ntry", no_network=True, resolve_entities=False):
        count += 1
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return count


def read(path: Path) -> int:
    """Reading alone: every entry as a value, with its fingerprint, checked that the file adds up."""
    from portal.outside.bank.reading import read as read_file
    from portal.rules.bank.files import Line

    with path.open("rb") as file:
        return sum(isinstance(event, Line) for event in read_file(file))


def taken_in(path: Path) -> int:
    """The import, as `flask bank import` does it; its time includes a fresh database."""
    from flask_migrate import upgrade

    from portal import create_app
    from portal.actions.bank import importing
    from portal.config import Settings
    from portal.db.engine import writes
    from portal.db.imports.customers import add_partner
    from portal.rules.deciding import SYSTEM

    given = {
        "PORTAL_INSTANCE_DIR": str(path.parent / "instance"),
        "PORTAL_DATABASE_URL": f"sqlite:///{path.parent / 'bank.db'}",
        "PORTAL_SECRET_KEY": secrets.token_hex(32),
        "PORTAL_LOG_LEVEL": "ERROR",
    }
    with create_app(Settings.from_environment(given)).app_context():
        upgrade()
        writes(add_partner)("Bank", "EUR")
        with path.open("rb") as file:
            return importing.import_file(SYSTEM, file, path.name).added


def _measure(work: Any, path: Path, answer: Any) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    count = work(path)
    took = time.process_time() - began
    answer.put(Result(count, took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def measured(work: Any, path: Path) -> Result:
    """Do it in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answer: Any = context.Queue()
    process = context.Process(target=_measure, args=(work, path, answer))
    process.start()
    found: Result = answer.get(timeout=1200)
    process.join()
    return found


def run() -> None:
    """Measure and print."""
    print(f"Bank file: camt.053 of {ENTRIES:,} entries")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bank.xml"
        write_file(path, ENTRIES)
        print(f"   file of {path.stat().st_size / 1e6:.0f} MB")
        for name, work in (("lxml alone", walked), ("read", read), ("taken in", taken_in)):
            found = measured(work, path)
            print(
                f"   {name:<10} {found.count / found.cpu:>8,.0f} entries/s of CPU  {found.cpu:6.1f} s  "
                f"{found.megabytes:5.0f} MB more at its peak",
                flush=True,
            )
    print(f"   goal: {GOAL:,} entries/s read, memory that does not grow with the file")
