"""Making one customer, and asking about likely doubles first (C5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import text

from portal.actions import groups
from portal.actions.customers import adding
from portal.actions.customers.adding import Added
from portal.actions.groups import NewDependent
from portal.db.customers import doubles
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import Customer
from portal.outside import clock
from portal.rules.customers.doubles import Identity, Match
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Invalid, Mismatch, NotAllowed, Refused
from portal.rules.holders import Role
from tests import families, people
from tests.families import ADMIN, DEPENDENT
from tests.log import log
from tests.logins import administrator, login
from tests.people import customer
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")
LEO = {
    "name": "Leo Novák",
    "given_name": "Leo",
    "family_name": "Novák",
    "born_on": "2018-09-21",
    "partner": "Harbour Net",
}


def there(**more: object) -> None:
    customer("leo", name="LEO  Novak", kind="individual", born_on=date(2018, 9, 21), email="", **more)


def how_many() -> int:
    db.session.rollback()
    count = db.session.query(Customer).count()
    db.session.rollback()
    return count


@contextmanager
def asked(*names: str) -> Iterator[None]:
    """Whoever is made inside is asked about, with those who may be the same; nothing is made."""
    before = how_many()
    with pytest.raises(Refused) as refusal:
        yield
    assert [reason.rule for reason in refusal.value.reasons] == ["C5"] * len(names)
    for name, reason in zip(names, refusal.value.reasons, strict=True):
        assert name in str(reason.message)
    assert how_many() == before


def test_c5_a_customer_is_made_as_its_partner_bills() -> None:
    people.partner(default_billing_day=9)
    made = adding.add(SYSTEM, {**LEO, "email": "Leo@Novak.Example", "external_id": "n-1"}, address="1 Quay Street")
    found = customers.by_reference("n-1")
    assert found is not None
    assert made == Added(found.public_id, "n-1", "Leo Novák", "Harbour Net")
    assert (found.born_on, found.email, found.address) == (date(2018, 9, 21), "Leo@novak.example", "1 Quay Street")
    assert (found.own_billing_day, found.currency, found.status.status.value) == (9, "EUR", "active")
    assert ("customer.create", "Leo Novák added") in [(line.action, line.text) for line in log()]


def test_c5_same_folded_name_and_date_of_birth_are_asked_about() -> None:
    there()
    with asked("LEO Novak (leo), born on 2018-09-21"):
        adding.add(SYSTEM, LEO)
    made = adding.add(SYSTEM, LEO, anyway=True)
    assert made.name == "Leo Novák"
    assert how_many() == 2
    adding.add(SYSTEM, {**LEO, "born_on": "2018-09-22"})


@pytest.mark.parametrize(
    "given",
    [
        {"email": "OFFICE@acme.test"},
        {"phone": "+420 541 555 111"},
        {"phone": "00420-541-555-111"},
        {"phone": "541 555 111"},
        {"phone": "+420 541 555 111 (Rosa, mornings)"},
        {"phone": "420(541)555111", "email": "other@acme.test"},
    ],
)
def test_c5_the_same_address_or_number_is_asked_about(given: dict[str, str]) -> None:
    customer("acme", name="Acme Ltd", email="Office@Acme.test", phone="+420 541/555 111")
    with asked("Acme Ltd (acme) is a customer already"):
        adding.add(SYSTEM, {"name": "ACME Limited", "partner": "Harbour Net", **given})


def test_c5_whoever_signs_in_with_the_address_is_asked_about() -> None:
    login(customer("acme", name="Acme Ltd", email=""), "petra@acme.test")
    with asked("Acme Ltd (acme) is a customer already: same email address."):
        adding.add(SYSTEM, {"name": "Petra", "partner": "Harbour Net", "email": "petra@acme.test"})


def test_c5_other_partners_and_removed_customers_are_no_doubles() -> None:
    customer("far", name="Leo Novák", of="Other Net", born_on=date(2018, 9, 21), phone="+420 541 555 111")
    there(removed_at=clock.now())
    adding.add(SYSTEM, {**LEO, "phone": "+420 541 555 111"})
    assert how_many() == 3


def test_r10_the_same_form_makes_one() -> None:
    there()
    made = adding.add(SYSTEM, LEO, anyway=True, once="key")
    assert adding.add(SYSTEM, LEO, anyway=True, once="key") == made
    assert how_many() == 2
    with pytest.raises(Mismatch):
        adding.add(SYSTEM, {**LEO, "name": "Leon Novák"}, anyway=True, once="key")


def test_c6_a_field_is_wrong_as_it_is_in_a_file() -> None:
    with pytest.raises(Invalid) as error:
        adding.add(SYSTEM, {"name": "", "email": "nobody", "born_on": "2999-01-01", "billing_day": "32"})
    assert set(error.value.fields) == {"name", "email", "born_on", "billing_day"}
    customer("acme", name="Acme Ltd")
    with pytest.raises(Conflict, match="“acme” is the number of Acme Ltd already"):
        adding.add(SYSTEM, {"name": "Other", "external_id": "acme"})


def test_c5_who_may_add_and_where() -> None:
    here = people.partner()
    people.partner("Other Net")
    desk = administrator("desk@staff.test", Role.FRONT_OF_HOUSE, here)
    assert adding.add(desk, {"name": "Pat"}).partner == "Harbour Net"
    with pytest.raises(Invalid, match="your own partner only"):
        adding.add(desk, {"name": "Pat", "partner": "Other Net"})
    with pytest.raises(NotAllowed):
        adding.add(administrator("ops@staff.test", Role.OPERATIONS), {"name": "Pat"})


def test_c5_it_is_one_query_and_uses_its_indexes() -> None:
    there(phone="+420 541 555 111")
    who = Identity("leo novak", date(2018, 9, 21), "leo@novak.test", "+420541555111")
    doubles.likely(1, who)
    with counted() as sent:
        (found,) = doubles.likely(people.partner(), who)
    assert found.why == (Match.BORN, Match.PHONE)
    questions = [one for one in sent if "customer.removed_at IS NULL" in one]
    assert len(questions) == 1
    if db.engine.dialect.name == "sqlite":
        plan = " ".join(str(row[3]) for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {_filled(questions[0])}")))
        for index in ("customer_search_email", "ix_customer_phone_tail", "ix_customer_born_on"):
            assert index in plan, plan
        assert "SCAN customer" not in plan, plan
        assert "partner_id" not in plan, plan


def _filled(query: str) -> str:
    for value in ("'leo novak'", "'2018-09-21'", "'leo@novak.test'", "'leo@novak.test'", "'a'"):
        query = query.replace("?", value, 1)
    return query.replace("?", "1")


# Where a dependent is added -------------------------------------------------------------------------------------------


@pytest.fixture
def home() -> str:
    """Dana, Owner; Rosa, Admin; Leo, their Dependent, and another Leo whom they do not know."""
    families.switch()
    families.person("dana", name="Dana Novák")
    families.person("rosa", name="Rosa Lima")
    families.child("leo", name="Leo Novák", born_on=date(2018, 9, 21))
    families.child("other", name="Mia Winter", born_on=date(2017, 3, 4))
    return families.family("dana", rosa=ADMIN, leo=DEPENDENT)


def test_c5_an_owner_is_asked_only_about_whom_they_look_after(home: str) -> None:
    dana = families.as_("dana")
    with asked("You look after Leo Novák already: same name and date of birth."):
        groups.add_dependent(dana, home, NewDependent("leo", "NOVAK", date(2018, 9, 21)))
    groups.add_dependent(dana, home, NewDependent("Leo", "Novák", date(2018, 9, 21), anyway=True))
    before = how_many()
    groups.add_dependent(dana, home, NewDependent("Mia", "Winter", date(2017, 3, 4)))
    assert how_many() == before + 1, "that a stranger exists is disclosed to nobody"


def test_c5_an_admin_who_may_not_see_a_child_learns_nothing(home: str) -> None:
    families.child("hidden", name="Tom Novák", born_on=date(2016, 1, 2))
    groups.add_member(SYSTEM, home, families.NewMember("hidden", DEPENDENT))
    families.change("hidden", own_status="inactive")
    before = how_many()
    groups.add_dependent(families.as_("rosa"), home, NewDependent("Tom", "Novák", date(2016, 1, 2)))
    assert how_many() == before + 1


def test_c5_staff_are_asked_about_everybody_of_the_partner(home: str) -> None:
    with asked("Mia Winter (other), born on 2017-03-04 is a customer already"):
        groups.add_dependent(SYSTEM, home, NewDependent("Mia", "Winter", date(2017, 3, 4)))
    families.person("ines", name="Ines Duarte")
    with asked("Mia Winter"):
        groups.create(SYSTEM, "ines", "", NewDependent("Mia", "Winter", date(2017, 3, 4)))


def test_r10_adding_a_dependent_anyway_twice_makes_one(home: str) -> None:
    dana, new = families.as_("dana"), NewDependent("Leo", "Novák", date(2018, 9, 21), anyway=True)
    first = groups.add_dependent(dana, home, new, once="key")
    before = how_many()
    assert groups.add_dependent(dana, home, new, once="key") == first
    assert how_many() == before
