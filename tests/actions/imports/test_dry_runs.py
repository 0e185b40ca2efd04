"""L18, F10: a dry run refuses exactly what the import refuses, tells the same numbers, and changes nothing."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests import families, people
from tests.foresight import everything
from tests.importing import imported

LINKS = "main,sub,billing_mode,action\n"
ENTRIES = "external_id,customer,date,kind,ledger,amount\n"
PEOPLE = "external_id,name,email,partner,status\n"
GROUPS = "group,customer,role,label\n"
FILES = [
    ("links that can be made", "links", LINKS + "acme,a,aggregated,\nacme,b,independent,\n", True),
    ("a link of somebody who owes", "links", LINKS + "acme,b,independent,\nacme,owes,aggregated,\n", False),
    ("a link that is there", "links", LINKS + "acme,linked,aggregated,\n", True),
    ("a chain within the file", "links", LINKS + "acme,a,aggregated,\na,b,aggregated,\n", False),
    ("entries", "transactions", ENTRIES + "1,acme,2026-11-01,payment,,5.00\n2,linked,2026-11-02,invoice,,7.00\n", True),
    ("credit spent below zero", "transactions", ENTRIES + "1,acme,2026-11-01,refund,credit,5.00\n", False),
    ("credit that the file brings first", "transactions",
     ENTRIES + "1,acme,2026-11-05,refund,credit,5.00\n2,acme,2026-11-01,credit,credit,5.00\n", True),
    ("credit that comes too late", "transactions",
     ENTRIES + "1,acme,2026-11-05,refund,credit,5.00\n2,acme,2026-11-09,credit,credit,5.00\n", False),
    ("amounts as people type them", "transactions", ENTRIES + '1,acme,2026-11-01,payment,,"1,000.00"\n', False),
    ("days as people type them", "transactions", ENTRIES + "1,acme,1 Nov 2026,payment,,5.00\n", False),
    ("customers", "customers", PEOPLE + "new,Ann,,,\nacme,Acme Ltd,,,\n", True),
    ("a status that is none", "customers", PEOPLE + "new,Ann,,,asleep\n", False),
    ("a group", "groups", GROUPS + "fam,kid,dependent,Child\nfam,mum,owner,Parent\n", True),
    ("a group without an Owner", "groups", GROUPS + "fam,kid,dependent,Child\nfam,mum,admin,\n", False),
]  # fmt: skip


@pytest.fixture(autouse=True)
def town(app: Flask) -> None:
    """A main account with one sub-account, somebody who owes, and a family to be."""
    for name in ("acme", "a", "b", "owes", "linked"):
        people.customer(name)
    people.link("acme", "linked")
    people.post("owes", "invoice", 500, "2026-11-02")
    families.switch()
    people.customer("mum", kind="individual", born_on=date(1980, 5, 1))
    people.customer("kid", kind="individual", born_on=date(2015, 5, 1))


@pytest.mark.parametrize(("kind", "text", "works"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_l18_f10_a_dry_run_says_what_the_import_does(kind: str, text: str, works: bool) -> None:
    before = everything()
    tried = imported(kind, text, dry_run=True)
    assert everything() == before, "a dry run changes nothing"
    done = imported(kind, text)
    assert (tried.errors, tried.created, tried.updated, tried.skipped) == (
        done.errors,
        done.created,
        done.updated,
        done.skipped,
    )
    assert bool(done.errors) is not works
    assert works or everything() == before, "a file is carried out whole or not at all"
