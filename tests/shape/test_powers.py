"""G17: what people are told they may do, and what forms offer, there is a page for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from wtforms import SelectMultipleField

from portal.rules.holders import OfCustomers, holders
from portal.rules.permissions import Permission
from portal.rules.powers import OFFERED, POWERS, choices, chosen, everything, rights, rights_line
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.web.forms import PortalForm
from portal.web.groups import forms as portal_forms
from portal.web.guard import policy
from portal.web.staff import forms as staff_forms
from portal.web.staff.profile import group_forms

pytestmark = pytest.mark.engine("sqlite")


def with_power() -> Iterator[tuple[Permission, OfCustomers]]:
    for permission, holder in holders().items():
        if isinstance(holder, OfCustomers) and holder.power is not None:
            yield permission, holder


def test_g17_every_power_that_is_offered_has_a_page(app: Flask) -> None:
    opened = {policy(app, endpoint) for endpoint in app.view_functions}
    offered = dict(with_power())
    assert offered
    assert not [permission for permission in offered if permission not in opened], "a power without a page"
    assert {holder.scope for holder in offered.values()} == OFFERED


def test_g17_forms_offer_what_has_a_page_and_nothing_else(app: Flask) -> None:
    found = 0
    with app.test_request_context():
        for module in (portal_forms, staff_forms, group_forms):
            for kind in vars(module).values():
                if not isinstance(kind, type) or not issubclass(kind, PortalForm):
                    continue
                field = getattr(kind(), "scopes", None)
                if isinstance(field, SelectMultipleField):
                    values = {choice[0] for choice in field.iter_choices()}
                    assert values <= set(OFFERED), kind
                    assert values >= set(OFFERED) - {Scope.VIEW}, kind
                    found += 1
    assert found >= 5


def test_g17_scopes_without_a_page_are_kept_and_promised_nowhere() -> None:
    without = ALL_SCOPES - OFFERED
    assert without == set()
    assert str(rights(ALL_SCOPES)) == (
        "see details and services, change details, make bookings, change services, place orders, see documents, "
        "add documents, write tickets and see finances"
    )
    assert str(rights_line({Scope.VIEW, *without})) == "See details and services"
    assert not rights(without)
    assert [scope for scope, _text in choices()] == [scope for scope in Scope if scope in POWERS]
    assert everything(OFFERED)
    assert not everything(without)


def test_g17_a_form_keeps_what_it_does_not_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.rules.powers.OFFERED", OFFERED - {Scope.ORDER})
    before = frozenset({Scope.VIEW, Scope.BOOK, Scope.ORDER})
    assert chosen({Scope.BOOK, Scope.DOCUMENTS}, before) == {Scope.BOOK, Scope.DOCUMENTS, Scope.ORDER}
    assert chosen({Scope.DOCUMENTS}, before) == {Scope.DOCUMENTS}, "who is narrowed keeps nothing unseen"
    assert chosen({Scope.VIEW, Scope.ORDER}) == {Scope.VIEW}, "and gives nothing that it does not offer"
