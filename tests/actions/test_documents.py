"""Documents: whose list is whose, for customers and staff."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from portal.actions.documents import adding, changing
from portal.actions.documents import lists as documents
from portal.actions.documents.lists import DocumentFilter
from portal.db import documents as lists
from portal.db import files as stored
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.outside import files as disk
from portal.rules.deciding import Actor
from portal.rules.documents import Audience, Wording
from portal.rules.errors import Invalid, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.scopes import Scope
from tests import families
from tests.families import choose
from tests.logins import administrator, login
from tests.outside import files
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


def put(actor: Actor, data: bytes = files.PDF, title: str = "Contract", **more: str) -> adding.Added:
    wanted = Wording(title, more.get("folder", ""), Audience(more.get("audience", "everybody")))
    return adding.add(actor, more.get("to", "own"), io.BytesIO(data), more.get("name", "contract.pdf"), wanted)


def kept_files() -> list[str]:
    return [path.name for path in disk.kept()]


@pytest.fixture
def family(petra: Actor) -> dict[str, Actor]:
    """A child that mum acts for; desk is staff."""
    families.switch()
    families.person("mum")
    families.child("leo")
    families.family("mum", leo=families.DEPENDENT)
    return {"petra": petra, "mum": families.as_("mum"), "desk": administrator("desk@example.test", Role.FRONT_OF_HOUSE)}


def test_m3_a_file_is_kept_once_under_its_digest_and_told_in_the_log(family: dict[str, Actor]) -> None:
    petra, desk = family["petra"], family["desk"]
    first = put(petra, folder="Contracts", name="../contract.pdf")
    assert (first.name, first.content_type, first.size, first.before) == (
        "contract.pdf",
        "application/pdf",
        len(files.PDF),
        False,
    )
    again = put(petra, title="Another title")
    assert (again.document, again.title, again.before) == (first.document, "Contract", True)
    theirs = put(desk, title="From the operator")
    assert theirs.document != first.document
    assert titles(petra, "own") == ["From the operator", "Contract"]
    assert len(kept_files()) == 1
    assert [(line.action, line.actor) for line in families.records("own")] == [
        ("document.add", "petra@acme.test"),
        ("document.add", "desk@example.test"),
    ]


def test_m3_for_whom_a_document_may_be_seen(family: dict[str, Actor]) -> None:
    mum, desk = family["mum"], family["desk"]
    put(mum, to="leo", title="For all who look after Leo")
    put(desk, to="leo", title="For staff", audience="staff")
    with pytest.raises(Invalid, match="these eyes only"):
        put(mum, to="leo", audience="own")
    with pytest.raises(Invalid, match="these eyes only"):
        put(family["petra"], audience="staff")
    with pytest.raises(Missing):
        put(family["petra"], to="leo")
    assert titles(mum, "leo") == ["For all who look after Leo"]
    assert titles(desk, "leo") == ["For staff", "For all who look after Leo"]
    leo = login(at("leo"), "leo@portal.test", "Leo")
    put(leo, files.png(), to="leo", title="Leo alone", audience="own")
    assert titles(leo, "leo") == ["Leo alone", "For all who look after Leo"]
    assert titles(mum, "leo") == ["For all who look after Leo"]
    assert not [line for line in families.records("leo") if "For staff" in line.text], "nor in the log"
    hidden = documents.list_documents(desk, "leo", EVERYTHING).rows
    staffs = next(row.public_id for row in hidden if row.audience is Audience.STAFF)
    for reach in (documents.look_up, documents.open_document, changing.look_up):
        with pytest.raises(Missing):
            reach(mum, "leo", staffs)


def test_m3_customers_change_what_customers_brought_and_nothing_else(family: dict[str, Actor]) -> None:
    petra, desk = family["petra"], family["desk"]
    mine, theirs = put(petra).document, put(desk, files.png(), title="Terms").document
    statement = keep("own", "Statement")
    changing.change(petra, "own", mine, Wording("New title", "Papers"))
    assert documents.look_up(petra, "own", mine).folder == "Papers"
    assert documents.folders(petra, "own") == ["Papers"]
    for other in (theirs, statement):
        for deed in (changing.look_up, changing.remove):
            with pytest.raises(NotAllowed, match="kept as it is"):
                deed(petra, "own", other)
    with pytest.raises(Invalid, match="longer than 60"):
        changing.change(petra, "own", mine, Wording("x", "y" * 61))
    changing.change(desk, "own", mine, Wording("New title", "Papers", Audience.STAFF))
    with pytest.raises(Missing):
        changing.look_up(petra, "own", mine)
    changing.remove(desk, "own", mine)
    changing.remove(desk, "own", theirs)
    assert titles(petra, "own") == ["Statement"]
    assert len(kept_files()) == 1, "the statement's; nothing refers to the others any more"
    operations = administrator("ops@example.test", Role.OPERATIONS)
    with pytest.raises(NotAllowed):
        put(operations)


def test_m3_what_is_refused_leaves_nothing(family: dict[str, Actor]) -> None:
    petra = family["petra"]
    for data, said in ((b"", "is empty"), (b"<svg/>", "a page with markup"), (b"\x00", "none of the kinds")):
        with pytest.raises(Refused, match=said):
            put(petra, data)
    choose(documents_quota=1)
    put(petra, b"a" * 600_000)
    with pytest.raises(Refused, match="take 1 of 1 MB, and this one needs 1 MB"):
        put(petra, b"b" * 600_000)
    assert titles(petra, "own") == ["Contract"]


def test_m3_a_file_that_is_gone_is_said(family: dict[str, Actor]) -> None:
    made = put(family["petra"]).document
    next(disk.kept()).unlink()
    with pytest.raises(Missing, match="no longer on the disk"):
        documents.open_document(family["petra"], "own", made)


def test_m3_a_key_has_one_effect(family: dict[str, Actor]) -> None:
    key = "1:key"
    first, second = (
        adding.add(family["petra"], "own", io.BytesIO(files.PDF), "a.pdf", Wording(), once=key) for _ in range(2)
    )
    assert first == second
    assert titles(family["petra"], "own") == ["a"]
