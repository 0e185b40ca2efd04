"""Config, Labels: adding, renaming, retiring and deleting what members of groups are called (G4)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions import groups
from portal.rules.deciding import SYSTEM
from tests.families import ADMIN, edit, family, member, members, person, switch
from tests.people import partner
from tests.web.acme import NASTY, browser_of
from tests.web.staff.office import audit, staff

LABELS = "/staff/config/labels"


def label(name: str, page: str = "") -> str:
    """The address of a page about a label."""
    found = next(one for one in groups.all_labels(SYSTEM) if one.name == name)
    return f"{LABELS}/{found.public_id}{page}"


def names(*, retired: bool = False) -> list[str]:
    return [one.name for one in (groups.all_labels(SYSTEM) if retired else groups.labels())]


@pytest.fixture
def nanny(app: Flask) -> str:
    """A group in which somebody wears the label Nanny; its public id."""
    switch()
    person("dana")
    person("rosa")
    home = family("dana", rosa=ADMIN)
    groups.change_member(SYSTEM, home, member(home, "rosa"), edit(home, "rosa", label="Nanny"))
    return home


def test_g4_the_default_labels_are_there_with_their_use(app: Flask, nanny: str) -> None:
    client = staff(app, "admin")
    client.get("/staff/config")
    assert LABELS in client.page.links
    client.get(LABELS)
    assert "Parent Offered Never" in client.page.words
    assert "Nanny Offered 1" in client.page.words
    assert label("Parent", "/delete") in client.page.links
    assert label("Nanny", "/delete") not in client.page.links


def test_g4_a_label_is_added(app: Flask) -> None:
    client = staff(app, "admin")
    assert client.submit(LABELS, {"name": "  Grand \t parent "}).status_code == 303
    assert names() == ["Parent", "Nanny", "Child", "Carer", "Grand parent"]
    client.get(LABELS)
    assert "can be chosen now" in client.page.words
    assert ("group.label", "Added the label “Grand parent”") in audit()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Enter the name of the label."),
        (" \t", "Enter the name of the label."),
        ("x" * 41, "Use at most 40 characters for a label."),
        ("NANNY", "There is a label “Nanny” already."),
    ],
)
def test_g4_what_is_no_new_name_is_said_and_kept(app: Flask, name: str, sentence: str) -> None:
    client = staff(app, "admin")
    answer = client.submit(LABELS, {"name": name})
    assert answer.status_code == 422
    assert sentence in client.page.words
    assert f'value="{name}"' in answer.get_data(as_text=True) or not name.strip()
    assert client.submit(label("Child"), {"name": name}).status_code == 422
    assert sentence in client.page.words
    assert names() == ["Parent", "Nanny", "Child", "Carer"]


def test_g4_renaming_reaches_everybody_who_wears_it(app: Flask, nanny: str) -> None:
    client = staff(app, "super")
    client.get(label("Nanny"))
    assert "Changes for the one who carries it as well." in client.page.words
    assert client.submit(label("Nanny"), {"name": "Childminder"}).status_code == 303
    client.get(LABELS)
    assert "“Nanny” is called “Childminder” now." in client.page.words
    assert members(nanny)["rosa"].label == "Childminder"


def test_g4_a_label_in_use_is_retired_but_not_deleted(app: Flask, nanny: str) -> None:
    client = staff(app, "admin")
    page = label("Nanny", "/delete")
    client.get(page)
    assert "One membership or invitation carries it" in client.page.words
    assert client.submit(page, {}).status_code == 409
    assert "“Nanny” can’t be deleted" in client.page.words
    assert "The label “Nanny” is in use. One member or invitation carries it. Retire it instead." in client.page.words
    assert client.submit(label("Nanny", "/retire"), {}, at=LABELS).status_code == 303
    assert names() == ["Parent", "Child", "Carer"]
    assert members(nanny)["rosa"].label == "Nanny"
    client.get(LABELS)
    assert "Nanny Retired 1" in client.page.words
    assert client.submit(LABELS, {"name": "nanny"}).status_code == 422
    assert "but it is retired. Offer it again instead" in client.page.words
    assert client.submit(label("Nanny", "/offer"), {}, at=LABELS).status_code == 303
    assert "Nanny" in names()


def test_g4_one_that_was_never_used_is_deleted(app: Flask) -> None:
    client = staff(app, "admin")
    page = label("Carer", "/delete")
    client.get(page)
    assert "Nobody ever carried it" in client.page.words
    sent = dict(client.page.hidden)
    assert client.post(page, data=sent).status_code == 303
    assert names(retired=True) == ["Parent", "Nanny", "Child"]
    assert client.post(page, data=sent).status_code == 404
    assert client.get(page).status_code == 404
    assert [text for action, text in audit() if action == "group.label"] == ["Deleted the label “Carer”"]


def test_r10_a_double_click_has_one_effect(app: Flask) -> None:
    client = staff(app, "admin")
    client.get(LABELS)
    sent = {**client.page.hidden, "name": "Uncle"}
    assert [client.post(LABELS, data=sent).status_code for _ in range(2)] == [303, 422]
    retire = label("Uncle", "/retire")
    assert [client.post(retire, data=sent).status_code for _ in range(2)] == [303, 303]
    assert names(retired=True).count("Uncle") == 1
    assert [text for _, text in audit()].count("Retired the label “Uncle”") == 1


def test_g4_the_list_is_everybodys_and_whoever_may_edits_it(app: Flask) -> None:
    partner("Other Net")
    pages = [LABELS, label("Nanny"), label("Nanny", "/delete")]
    deeds = [LABELS, label("Nanny"), label("Nanny", "/retire"), label("Nanny", "/offer"), label("Nanny", "/delete")]
    person("dana")
    for client, code in (
        (staff(app, "desk"), 403),
        (staff(app, "operations"), 403),
        (staff(app, "super", of="Other Net"), 403),
        (browser_of(app, "dana"), 404),
    ):
        assert [client.get(page).status_code for page in pages] == [code] * len(pages)
        client.get("/")
        client.get("/staff" if code == 403 else "/account")
        sent = {"csrf_token": client.page.hidden["csrf_token"], "name": "Uncle"}
        assert [client.post(page, data=sent).status_code for page in deeds] == [code] * len(deeds)
    bound = staff(app, "admin", of="Other Net")
    bound.get("/staff/config")
    assert LABELS not in bound.page.links
    assert names() == ["Parent", "Nanny", "Child", "Carer"]


def test_a_label_that_is_not_there(app: Flask) -> None:
    client = staff(app, "admin")
    ghost = f"{LABELS}/{'0' * 20}"
    assert client.get(ghost).status_code == 404
    for page in ("", "/retire", "/offer", "/delete"):
        assert client.submit(f"{ghost}{page}", {"name": "x"}, at=LABELS).status_code == 404


def test_any_name_is_shown_unharmed(app: Flask) -> None:
    client = staff(app, "admin")
    assert client.submit(LABELS, {"name": NASTY}).status_code == 303
    for page in (LABELS, label(NASTY), label(NASTY, "/delete")):
        html = client.get(page).get_data(as_text=True)
        assert "<b>" not in html
        assert NASTY in client.page.words
    for name in names():
        if name != NASTY:
            groups.remove_label(SYSTEM, label(name).rsplit("/", 1)[1])
    groups.remove_label(SYSTEM, label(NASTY).rsplit("/", 1)[1])
    client.get(LABELS)
    assert "There are no labels" in client.page.words
