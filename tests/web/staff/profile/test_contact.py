"""C5: correcting how a customer is reached, changing its other details, and its status are three permissions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from portal.actions.customers import profile as details
from portal.actions.customers import status
from portal.rules.customers.status import BillingType, Status
from portal.rules.deciding import Actor
from portal.rules.errors import NotAllowed
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from tests.importing import imported
from tests.logins import administrator
from tests.people import customer
from tests.web.staff.office import audit, now, path, staff


def test_c5_front_of_house_corrects_a_phone_number_and_no_status(app: Flask) -> None:
    customer("acme", name="Acme Ltd", phone="+44 1273 555 000")
    client = staff(app, "desk")
    client.get(path("acme", "/details"))
    assert path("acme", "/details/edit") in client.page.links
    assert path("acme", "/status") not in client.page.links
    assert client.get(path("acme", "/status")).status_code == 403
    html = client.get(path("acme", "/details/edit")).get_data(as_text=True)
    for field in ("born_on", "kind", "partner", "billing_type", "billing_day", "tax_rate"):
        assert f'name="{field}"' not in html, field
    answer = client.submit(path("acme", "/details/edit"), {"phone": "+44 1273 555 010"})
    assert answer.status_code == 303
    assert now("acme").phone == "+44 1273 555 010"
    assert audit()[-1] == ("customer.edit", "Changed phone")


def test_c5_what_is_sent_beside_contact_details_changes_nothing(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    client = staff(app, "desk")
    sent = {"name": "Acme Limited", "billing_day": "9", "billing_type": "one_time", "born_on": "2020-01-01"}
    assert client.submit(path("acme", "/details/edit"), sent).status_code == 303
    found = now("acme")
    assert (found.name, found.own_billing_day, found.billing_type, found.born_on) == (
        "Acme Limited", 1, BillingType.RECURRING, None,
    )  # fmt: skip


@pytest.mark.usefixtures("app")
def test_c5_the_actions_ask_for_each_of_the_three() -> None:
    customer("acme", name="Acme Ltd", born_on=None)
    desk = administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    acme = now("acme")
    with pytest.raises(NotAllowed):
        status.change(desk, acme.public_id, Status.BLOCKED)
    wanted = details.details_of(acme)
    for more in ({"billing_day": 9}, {"kind": "individual"}):
        with pytest.raises(NotAllowed):
            details.edit_details(desk, acme.public_id, _with(wanted, **more), version=acme.version)
    details.edit_details(desk, acme.public_id, _with(wanted, email="office@acme.test"), version=acme.version)
    assert now("acme").email == "office@acme.test"


@pytest.mark.usefixtures("app")
def test_c6_a_file_changes_a_status_only_for_who_may() -> None:
    customer("acme", name="Acme Ltd")
    held = frozenset({Permission.CUSTOMERS_VIEW, Permission.CUSTOMERS_CONTACT, Permission.CUSTOMERS_EDIT})
    clerk = Actor(name="Clara", role=Role.FRONT_OF_HOUSE, permissions=held)
    row = "external_id,name,partner,kind,status\nacme,Acme Ltd,Harbour Net,business,{}\n"
    assert imported("customers", row.format("active"), actor=clerk).errors == ()
    (error,) = imported("customers", row.format("blocked"), actor=clerk).errors
    assert (error.column, str(error.sentence).endswith("You may not change the status of Acme Ltd.")) == (
        "status",
        True,
    )
    assert now("acme").own_status is Status.ACTIVE


def _with(wanted: details.Details, **more: object) -> details.Details:
    return replace(wanted, **more)  # type: ignore[arg-type]
