"""At every door what looks the same is the same (SEC60), whichever way it is written."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from portal.actions import groups, logins
from portal.actions.customers import adding, profile, search
from portal.actions.customers import details as own_details
from portal.actions.partners import config
from portal.actions.staff import roles
from portal.db import identities
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.logins import people as login_rows
from portal.db.tables import Customer, Entry, Login
from portal.outside import passwords
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Invalid
from portal.rules.groups import GroupRole
from portal.rules.permissions import Permission
from tests import people
from tests.importing import clean, wrong
from tests.logins import HERE, administrator, login, mails, recipients, sign_in, signed_in, token_in

HOME = "zoe@münchen.example"
PUNYCODE = "Zoe@xn--mnchen-3ya.example"
"""What Chromium makes of it in an email field."""

DECOMPOSED = unicodedata.normalize("NFD", HOME)
UNSEEN = "z\u200boe@münchen.example"
SPELLINGS = (HOME, PUNYCODE, DECOMPOSED, UNSEEN, f"  {HOME.upper()} ")
NEW = "tram öwl brick lantern"

pytestmark = pytest.mark.usefixtures("app")


def stored(column: object) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(column)))  # type: ignore[call-overload]


@pytest.mark.parametrize("written", SPELLINGS)
def test_sec60_whoever_accepts_an_invitation_signs_in_with_every_spelling(written: str) -> None:
    acme = people.customer("acme")
    logins.invite_login(SYSTEM, acme.public_id, written, "Zoë")
    logins.accept("invitation", token_in(mails()[-1]), NEW)
    assert stored(Login.email) == [HOME]
    for spelling in SPELLINGS:
        assert signed_in(spelling, NEW).email == HOME
    with pytest.raises(Invalid) as taken:
        logins.invite_login(SYSTEM, acme.public_id, PUNYCODE, "Zoë again")
    assert "email" in taken.value.fields


def test_sec60_a_reset_reaches_every_spelling_and_counts_them_together() -> None:
    login(people.customer("acme"), HOME)
    for spelling in SPELLINGS[:2]:
        logins.request_reset(spelling, address=HERE["address"])
        assert recipients(mails()[-1]) == [HOME]
    logins.reset_password(token_in(mails()[-1]), NEW)
    assert sign_in(PUNYCODE, NEW)


def test_sec60_an_activation_knows_number_and_address_however_they_are_typed() -> None:
    people.customer("mü-1", email=HOME)
    number = unicodedata.normalize("NFD", "mü-1")
    logins.request_activation(f" \u200b{number} ", PUNYCODE, address=HERE["address"])
    assert recipients(mails()[-1]) == [HOME]
    logins.accept("activation", token_in(mails()[-1]), NEW)
    assert signed_in(DECOMPOSED, NEW).email == HOME


def test_sec60_a_password_is_the_same_composed_or_not() -> None:
    acme = people.customer("acme")
    logins.invite_login(SYSTEM, acme.public_id, HOME, "Zoë")
    logins.accept("invitation", token_in(mails()[-1]), unicodedata.normalize("NFD", NEW))
    assert sign_in(HOME, NEW)
    assert sign_in(HOME, unicodedata.normalize("NFD", NEW))
    with pytest.raises(Invalid):
        sign_in(HOME, NEW.replace("ö", "o"))


def test_sec60_a_password_hashed_before_it_was_composed_still_opens() -> None:
    decomposed = unicodedata.normalize("NFD", NEW)
    hasher = passwords._hasher()
    assert passwords.verify(hasher.hash(decomposed), decomposed)
    assert not passwords.verify(hasher.hash(decomposed), f"{decomposed}!")


def test_sec60_a_group_knows_whom_it_invited() -> None:
    groups.switch_groups(SYSTEM, True)
    people.customer("mum", kind="individual")
    clean("groups", "group,customer,role\nfam,mum,owner\n")
    owned = groups.find_owned(SYSTEM, "mum")
    groups.invite(SYSTEM, owned, groups.Welcome(PUNYCODE, "\u200bZoe\u0308", GroupRole.ADMIN))
    assert recipients(mails()[-1]) == [HOME]
    with pytest.raises(Invalid) as again:
        groups.invite(SYSTEM, owned, groups.Welcome(HOME, "Zoë", GroupRole.ADMIN))
    assert "invited already" in str(again.value.fields["email"])


def test_sec60_an_import_compares_what_is_seen() -> None:
    header = "external_id,name,email\n"
    assert clean("customers", f"{header}mü-1,Zoë  Novák,{HOME}\n") == (1, 0, 0)
    again = unicodedata.normalize("NFD", "mü-1,Zoë Novák")
    assert clean("customers", f"{header}{again}\u200b,zoe@xn--mnchen-3ya.example\n") == (0, 0, 1)
    assert wrong("customers", f"{header}n-2,\u3164,\n") == [(2, "name", "")]
    assert stored(Customer.email) == [HOME]


def test_sec60_a_transaction_is_the_same_under_the_same_id() -> None:
    people.customer("mü-1")
    header = "external_id,customer,date,kind,amount\n"
    assert clean("transactions", f"{header}ü1,mü-1,2026-11-01,invoice,5\n") == (1, 0, 0)
    same = unicodedata.normalize("NFD", f"{header}ü1,mü-1,2026-11-01,invoice,5\n")
    assert clean("transactions", same) == (0, 0, 1)
    assert stored(Entry.external_id) == ["ü1"]


def test_sec60_a_customer_made_by_hand_is_kept_in_one_form_and_found() -> None:
    made = adding.add(
        SYSTEM, {"external_id": "mu\u0308-1", "name": "Zoe\u0308\u200b", "email": PUNYCODE, "partner": "A\u00a0B"}
    )
    assert (made.external_id, made.name, made.partner) == ("mü-1", "Zoë", "A B")
    for spelling in ("mü-1", "mu\u0308-1", " mü-1\u200b"):
        assert customers.require(spelling).public_id == made.public_id
    with pytest.raises(Conflict):
        adding.add(SYSTEM, {"external_id": "\ufeffmü-1", "name": "Other", "partner": "A B"})
    super_user = administrator("sol@kith.example")
    for asked in ("Zoe\u0308", HOME, PUNYCODE, "mu\u0308-1", "z\u00adoë"):
        assert search.search(super_user, search.Wanted(text=asked)).total == 1, asked
    with pytest.raises(Invalid) as nothing:
        adding.add(SYSTEM, {"name": "\u2800", "partner": "A B"})
    assert "name" in nothing.value.fields


def test_sec60_details_are_saved_in_one_form() -> None:
    acme = people.customer("acme")
    asked = profile.details_of(acme)
    edited = profile.Details(
        **{**{n: getattr(asked, n) for n in asked.__slots__}, "name": "Acme\u200b Ltd", "email": PUNYCODE}
    )
    profile.edit_details(SYSTEM, acme.public_id, edited, version=acme.version)
    saved = customers.require("acme")
    assert (saved.name, saved.email) == ("Acme Ltd", "Zoe@münchen.example")
    unseen = replace(asked, name="\u200b")
    with pytest.raises(Invalid):
        profile.edit_details(SYSTEM, acme.public_id, unseen, version=saved.version)


def test_sec60_names_of_nothing_visible_are_nowhere_taken() -> None:
    acme = people.customer("acme")
    mum = people.customer("mum", kind="individual", given_name="Mum")
    me = login(mum, "mum@home.example")
    with pytest.raises(Invalid):
        own_details.change(
            me, mum.public_id, own_details.ContactDetails("\u2800", "\u200b", "\u3164", "", ""), version=mum.version
        )
    with pytest.raises(Invalid):
        logins.invite_login(SYSTEM, acme.public_id, HOME, "\u2800")
    with pytest.raises(Invalid):
        groups.add_label(SYSTEM, "\u200b")
    with pytest.raises(Invalid):
        roles.add_role(SYSTEM, roles.Draft("\u3164", "", frozenset({Permission.CUSTOMERS_VIEW})))
    partner = config.open_partner(SYSTEM, acme.partner_public_id)
    with pytest.raises(Invalid):
        config.save(SYSTEM, acme.partner_public_id, replace(config.config_of(partner.partner), name="\u200b"), mark="")


@writes
def as_before(*statements: str) -> None:
    """Store what no door lets in any more."""
    for statement in statements:
        db.session.execute(text(statement))


def test_sec60_doctor_names_what_looks_the_same_and_merges_nothing() -> None:
    login(people.customer("mü-1"), HOME)
    login(people.customer("other"), "other@acme.example")
    assert identities.doubles() == []
    db.session.rollback()
    as_before(
        "UPDATE login SET email = 'zoe@xn--mnchen-3ya.example' WHERE email = 'other@acme.example'",
        "UPDATE customer SET external_id = 'mu\u0308-1' WHERE external_id = 'other'",
    )
    found = [str(one) for one in identities.doubles()]
    assert len(found) == 2
    assert "'zoe@xn--mnchen-3ya.example' is kept in another form than zoe@münchen.example" in found[0]
    assert "'mu\\u0308-1'" in found[1]
    person = login_rows.by_email(PUNYCODE)
    assert person is not None
    assert person.customer_public_id == customers.require("mu\u0308-1").public_id
