"""What ties a customer that is to be removed (L12), and taking words out of texts (PRI5)."""

from __future__ import annotations

import pytest

from portal.rules.customers.removal import (
    Eraser,
    GroupTie,
    book_ties,
    group_ties,
    job_ties,
    link_ties,
    mail_ties,
    removed_reason,
    service_ties,
    status_ties,
)
from portal.rules.customers.status import BillingType, Status
from portal.rules.errors import Reason
from portal.rules.groups import GroupRole
from portal.rules.links.facts import LinkFacts
from portal.rules.money import Money


def facts(**more: object) -> LinkFacts:
    values = {
        "id": 1, "public_id": "zoe", "name": "Zoe", "partner_id": 1, "partner_name": "Harbour Net", "currency": "EUR",
        "status": Status.INACTIVE, "billing_type": BillingType.RECURRING, "billing_day": 1,
        "house": Money(0, "EUR"), "credit": Money(0, "EUR"), "future_total": Money(0, "EUR"), **more,
    }  # fmt: skip
    return LinkFacts(**values)  # type: ignore[arg-type]


def of_facts(customer: LinkFacts) -> list[Reason]:
    return [*status_ties(customer), *link_ties(customer), *book_ties(customer, ())]


def said(reasons: list[Reason]) -> list[str]:
    return [f"{reason.rule} {reason.message} {reason.remedy_page}" for reason in reasons]


def test_l12_free() -> None:
    assert of_facts(facts()) == []
    assert group_ties("Zoe", "zoe", (), 0) == service_ties("Zoe", "zoe", 0, 0) == []
    assert job_ties("Zoe", 0) == mail_ties("Zoe", 0) == []


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"status": Status.NEW}, "L12 Zoe is New. customer-status"),
        ({"main_id": 2, "main_name": "Acme"}, "L12 Zoe is a sub-account of Acme. customer-sub-accounts"),
        ({"sub_accounts": 3}, "L12 Zoe has 3 sub-accounts. customer-sub-accounts"),
        (
            {"partner_account_id": 2, "partner_account_name": "Ann"},
            "L12 Zoe shares its balances with Ann. customer-details",
        ),
        ({"house": Money(-1250, "EUR")}, "L12 Zoe owes 12.50 EUR. customer-finance"),
        ({"house": Money(5, "EUR")}, "L12 Zoe has 0.05 EUR overpaid on its House Account. customer-finance"),
        ({"credit": Money(100, "EUR")}, "L12 Zoe holds 1.00 EUR of Customer Credit. customer-finance"),
        ({"ahead": 2}, "L12 Zoe has 2 entries dated ahead. customer-finance"),
        (
            {"future_items": 2, "future_total": Money(300, "EUR")},
            "L12 2 future items of 3.00 EUR wait for the next invoice of Zoe. customer-finance",
        ),
    ],
)
def test_l12_each_tie_of_its_own(more: dict[str, object], wanted: str) -> None:
    assert said(of_facts(facts(**more))) == [wanted]


def test_l12_groups_and_what_goes_on() -> None:
    owner = GroupTie("Zoe", "zoe", GroupRole.OWNER)
    reasons = [
        *group_ties("Zoe", "zoe", (owner, GroupTie("Mum", "mum", GroupRole.ADMIN)), 2),
        *book_ties(facts(), (Money(7, "CZK"),)),
        *service_ties("Zoe", "zoe", 1, 2),
        *job_ties("Zoe", 1),
        *mail_ties("Zoe", 1),
    ]
    assert said(reasons) == [
        "L12 Zoe owns a group. customer",
        "L12 Zoe is an Admin in the group of Mum. customer",
        "L12 2 invitations that Zoe sent wait for an answer. customer",
        "L12 Zoe has a balance of 0.07 CZK in a currency it is not billed in. customer-finance",
        "L12 Zoe has 1 active service. customer-services",
        "L12 Zoe has 2 paused services. customer-services",
        "L12 1 job for Zoe is not finished. ",
        "L12 1 mail about Zoe is being sent now. ",
    ]
    assert [reason.remedy_for for reason in reasons][:2] == ["zoe", "mum"]
    assert removed_reason("Removed customer 1").rule == "L12"


WORDS = {"Ann O'Hara": "Removed customer 1", "ann@home.test": "…", "A": "x", "": "y", "Ann & Co <s>": "Removed person"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Linked ANN O'HARA to Acme", "Linked Removed customer 1 to Acme"),
        ("Joann O'Hara and Ann O'Haran", "Joann O'Hara and Ann O'Haran"),
        ("<p>Ann O&#39;Hara, Ann O'Hara</p>", "<p>Removed customer 1, Removed customer 1</p>"),
        ("Ann &amp; Co &lt;s&gt;", "Removed person"),
        ("to ann@home.test, joann@home.test", "to …, joann@home.test"),
        ("A", "A"),
    ],
)
def test_pri5_words_go_where_they_stand_by_themselves(text: str, wanted: str) -> None:
    assert Eraser(WORDS).text(text) == wanted


def test_pri5_values_of_json_and_no_words_at_all() -> None:
    value = {"to": ["ann@home.test", 5, None], "deep": {"name": "Ann O'Hara"}}
    assert Eraser(WORDS).value(value) == {"to": ["…", 5, None], "deep": {"name": "Removed customer 1"}}
    assert Eraser({"": "x"}).text("anything") == "anything"
