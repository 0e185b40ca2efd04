"""Documents: whose list is whose, for customers and staff."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions import documents
from portal.actions.documents import DocumentFilter
from portal.db import documents as lists
from portal.db import files as stored
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, NotAllowed
from portal.rules.holders import Role
from portal.rules.scopes import Scope
from tests.logins import administrator, login
from tests.people import customer, link, partner

EVERYTHING = DocumentFilter()


def at(reference: str) -> Profile:
    found = customers.by_reference(reference)
    db.session.rollback()
    assert found is not None
    return found


@writes
def keep(owner: str, title: str, kind: str = lists.STATEMENT) -> str:
    found = customers.by_reference(owner)
    assert found is not None
    return lists.add(
        customer_id=found.id,
        about_id=None,
        kind=kind,
        title=title,
        filename="file.pdf",
        file_id=stored.keep(title.encode(), "application/pdf"),
        created_by="test",
    )


@pytest.fixture
def petra(app: Flask) -> Actor:
    """Acme's bookkeeper."""
    customer("acme")
    return login(customer("own"), "petra@acme.test", "Petra")


def titles(actor: Actor, reference: str) -> list[str]:
    return [row.title for row in documents.list_documents(actor, reference, EVERYTHING).rows]


def test_s6_a_list_is_its_owners_alone(petra: Actor) -> None:
    mine, foreign = keep("own", "Mine"), keep("acme", "Foreign canary")
    assert titles(petra, "own") == ["Mine"]
    with pytest.raises(Missing):
        documents.list_documents(petra, "acme", EVERYTHING)
    with pytest.raises(Missing):
        documents.open_document(petra, "own", foreign)
    opened = documents.open_document(petra, "own", mine)
    with opened.file as file:
        assert (file.read(), opened.size) == (b"Mine", 4)


def test_s9_statements_are_for_those_who_see_finances(petra: Actor) -> None:
    statement, contract = keep("own", "Statement"), keep("own", "Contract", "contract")
    narrow = login(at("own"), "narrow@acme.test", "Nora", (Scope.DOCUMENTS,))
    page = documents.list_documents(narrow, "own", EVERYTHING)
    assert [row.title for row in page.rows] == ["Contract"]
    assert page.hides_statements
    assert documents.look_up(narrow, "own", contract).title == "Contract"
    for reach in (documents.look_up, documents.open_document):
        with pytest.raises(Missing):
            reach(narrow, "own", statement)
    with pytest.raises(NotAllowed):
        documents.list_documents(login(at("own"), "none@acme.test", "Nils", ()), "own", EVERYTHING)


def test_staff_see_what_their_role_and_partner_allow(petra: Actor) -> None:
    keep("own", "Statement")
    keep("own", "Contract", "contract")
    assert titles(administrator("admin@example.test", Role.ADMINISTRATOR), "own") == ["Contract", "Statement"]
    assert titles(administrator("desk@example.test", Role.FRONT_OF_HOUSE), "own") == ["Contract"]
    elsewhere = administrator("far@example.test", Role.ADMINISTRATOR, partner("Other Net"))
    with pytest.raises(Missing):
        documents.list_documents(elsewhere, "own", EVERYTHING)


def test_bad_filters_are_refused(petra: Actor) -> None:
    with pytest.raises(Invalid, match="cannot be sorted"):
        documents.list_documents(petra, "own", DocumentFilter(sort="password"))
    with pytest.raises(Missing):
        documents.list_documents(petra, "nobody", EVERYTHING)


def test_a_main_account_reads_its_own_list_only_under_its_own_name(app: Flask) -> None:
    main = login(customer("main", manages_sub_accounts=True), "main@example.test", "Mia")
    customer("sub")
    link("main", "sub")
    keep("main", "Main statement")
    keep("sub", "Sub statement")
    keep("sub", "Sub contract", "contract")
    assert titles(main, "main") == ["Main statement"]
    assert titles(main, "sub") == ["Sub contract"]
