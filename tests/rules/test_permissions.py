"""Who may do what, for whom: the whole table, written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.rules.permissions import (
    ALL_SCOPES,
    FINANCE,
    OWN_ONLY,
    ROLE_PERMISSIONS,
    STAFF_PERMISSIONS,
    SYSTEM,
    Actor,
    Answer,
    Grant,
    Permission,
    Role,
    Scope,
    Source,
    SubjectFacts,
    decide,
    grant_over,
)

PEOPLE = {
    "owner": Actor("Olga", 1, "olga@example.test", customer_id=10, partner_id=1),
    "bookkeeper": Actor("Ben", 2, customer_id=10, partner_id=1, scopes=frozenset({Scope.FINANCE})),
    "viewer": Actor("Vera", 3, customer_id=10, partner_id=1, scopes=frozenset({Scope.VIEW, Scope.DOCUMENTS})),
    "super": Actor("Sue", 4, role=Role.SUPER, permissions=ROLE_PERMISSIONS[Role.SUPER]),
    "admin": Actor("Adam", 5, role=Role.ADMINISTRATOR, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR]),
    "desk": Actor("Dora", 6, role=Role.FRONT_OF_HOUSE, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE]),
    "operations": Actor("Otto", 7, role=Role.OPERATIONS, permissions=ROLE_PERMISSIONS[Role.OPERATIONS]),
    "bound": Actor("Bea", 8, partner_id=1, role=Role.SUPER, permissions=ROLE_PERMISSIONS[Role.SUPER]),
    "elsewhere": Actor("Ella", 9, partner_id=2, role=Role.SUPER, permissions=ROLE_PERMISSIONS[Role.SUPER]),
    "system": SYSTEM,
}
PLAIN = SubjectFacts(20, "p20", "Branch", 1, payer_name="Branch")
SUB = replace(PLAIN, linked_main=True)
SUBJECTS = {
    "self": replace(PLAIN, id=10, is_self=True),
    "self, paid for": replace(PLAIN, id=10, is_self=True, aggregated=True, payer_name="Acme"),
    "stranger": PLAIN,
    "sub, aggregated, off": replace(SUB, aggregated=True, payer_name="Acme"),
    "sub, aggregated, on": replace(SUB, aggregated=True, payer_name="Acme", management=True),
    "sub, independent, off": replace(SUB, mode_independent=True),
    "sub, independent, on": replace(SUB, mode_independent=True, management=True),
    "sub, independent, allowed": replace(SUB, mode_independent=True, management=True, independent_allowed=True),
    "sub, independent, allowed, off": replace(SUB, mode_independent=True, independent_allowed=True),
}

# One letter a permission: A allowed, K known but refused (403), H hidden (404). The customers' permissions in order:
# home, account, jobs, sub-accounts, profile, statements view, send, save, documents.
CUSTOMERS = (
    Permission.HOME,
    Permission.ACCOUNT,
    Permission.JOBS_VIEW,
    Permission.SUB_ACCOUNTS_VIEW,
    Permission.PROFILE_VIEW,
    Permission.STATEMENTS_VIEW,
    Permission.STATEMENTS_SEND,
    Permission.STATEMENTS_SAVE,
    Permission.DOCUMENTS_VIEW,
)
CUSTOMER_TABLE = {
    ("owner", "self"): "AAAAAAAAA",
    ("owner", "self, paid for"): "AAAAAKKKA",
    ("owner", "stranger"): "HHHHHHHHH",
    ("owner", "sub, aggregated, off"): "KKKKKKKKK",
    ("owner", "sub, aggregated, on"): "KKKKAKKKA",
    ("owner", "sub, independent, off"): "KKKKKKKKK",
    ("owner", "sub, independent, on"): "KKKKKKKKK",
    ("owner", "sub, independent, allowed"): "KKKKAKKKA",
    ("owner", "sub, independent, allowed, off"): "KKKKKKKKK",
    ("bookkeeper", "self"): "AAAKKAAAK",
    ("bookkeeper", "self, paid for"): "AAAKKKKKK",
    ("bookkeeper", "stranger"): "HHHHHHHHH",
    ("bookkeeper", "sub, aggregated, off"): "KKKKKKKKK",
    ("bookkeeper", "sub, aggregated, on"): "KKKKKKKKK",
    ("bookkeeper", "sub, independent, off"): "KKKKKKKKK",
    ("bookkeeper", "sub, independent, on"): "KKKKKKKKK",
    ("bookkeeper", "sub, independent, allowed"): "KKKKKKKKK",
    ("bookkeeper", "sub, independent, allowed, off"): "KKKKKKKKK",
    ("viewer", "self"): "AAAAAKKKA",
    ("viewer", "self, paid for"): "AAAAAKKKA",
    ("viewer", "stranger"): "HHHHHHHHH",
    ("viewer", "sub, aggregated, off"): "KKKKKKKKK",
    ("viewer", "sub, aggregated, on"): "KKKKAKKKA",
    ("viewer", "sub, independent, off"): "KKKKKKKKK",
    ("viewer", "sub, independent, on"): "KKKKKKKKK",
    ("viewer", "sub, independent, allowed"): "KKKKAKKKA",
    ("viewer", "sub, independent, allowed, off"): "KKKKKKKKK",
    **{
        (person, subject): "HHHHHHHHH"
        for person in ("super", "admin", "desk", "operations", "bound", "elsewhere", "system")
        for subject in SUBJECTS
    },
}

# The back office's permissions, over any customer.
STAFF = (
    Permission.STAFF_HOME,
    Permission.CUSTOMERS_VIEW,
    Permission.CUSTOMERS_EDIT,
    Permission.CUSTOMERS_INVITE,
    Permission.CUSTOMERS_FINANCE,
    Permission.FINANCE_POST,
    Permission.SUB_ACCOUNTS_LINK,
    Permission.SUB_ACCOUNTS_MANAGE,
    Permission.PORTAL_CONFIGURE,
    Permission.OUTBOX_VIEW,
    Permission.AUDIT_VIEW,
    Permission.ADMINISTRATORS_MANAGE,
    Permission.FEATURES_MANAGE,
)
STAFF_TABLE = {
    "owner": "HHHHHHHHHHHHH",
    "bookkeeper": "HHHHHHHHHHHHH",
    "viewer": "HHHHHHHHHHHHH",
    "super": "AAAAAAAAAAAAA",
    "admin": "AAAAAAKKAAAKK",
    "desk": "AAKAKKKKKKKKK",
    "operations": "AAKKKKKKAAAKA",
    "bound": "AAAAAAAAAAAAA",
    "elsewhere": "HHHHHHHHHHHHH",
    "system": "AAAAAAAAAAAAA",
}


def test_the_tables_are_whole() -> None:
    assert set(CUSTOMERS) | set(STAFF) == set(Permission)
    assert set(STAFF) == STAFF_PERMISSIONS
    assert set(CUSTOMER_TABLE) == {(person, subject) for person in PEOPLE for subject in SUBJECTS}
    assert set(STAFF_TABLE) == set(PEOPLE)
    assert set(Role) == set(ROLE_PERMISSIONS)


def answers(person: str, permissions: tuple[Permission, ...], subject: SubjectFacts | None) -> str:
    return "".join(decide(PEOPLE[person], permission, subject).answer.name[0] for permission in permissions)


@pytest.mark.parametrize(("person", "subject"), CUSTOMER_TABLE)
def test_what_customers_may(person: str, subject: str) -> None:
    assert answers(person, CUSTOMERS, SUBJECTS[subject]) == CUSTOMER_TABLE[person, subject]


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("person", STAFF_TABLE)
def test_what_staff_may(person: str, subject: str) -> None:
    assert answers(person, STAFF, SUBJECTS[subject]) == STAFF_TABLE[person]


@pytest.mark.parametrize("person", STAFF_TABLE)
def test_staff_permissions_need_no_subject_and_customers_do(person: str) -> None:
    expected = STAFF_TABLE["super"] if person == "elsewhere" else STAFF_TABLE[person]
    assert answers(person, STAFF, None) == expected
    assert answers(person, CUSTOMERS, None) == "H" * len(CUSTOMERS)


def test_l1_only_the_super_administrator_links_at_first() -> None:
    linkers = {role for role, held in ROLE_PERMISSIONS.items() if Permission.SUB_ACCOUNTS_LINK in held}
    assert linkers == {Role.SUPER}


def test_every_decision_says_something_and_every_yes_has_a_grant() -> None:
    for actor in PEOPLE.values():
        for subject in (None, *SUBJECTS.values()):
            for permission in Permission:
                decision = decide(actor, permission, subject)
                assert bool(decision) is (decision.answer is Answer.ALLOWED)
                if decision:
                    assert decision.grant is not None
                elif decision.answer is Answer.KNOWN:
                    assert decision.sentence.endswith(".")
                else:
                    assert decision == decide(actor, permission, PLAIN) or not decision.sentence


@pytest.mark.parametrize(
    ("person", "subject", "source"),
    [
        ("owner", "self", Source.SELF),
        ("owner", "sub, aggregated, on", Source.MAIN_ACCOUNT),
        ("owner", "sub, independent, allowed", Source.MAIN_ACCOUNT),
        ("super", "stranger", Source.STAFF),
        ("system", "stranger", Source.SYSTEM),
    ],
)
def test_where_a_grant_comes_from(person: str, subject: str, source: Source) -> None:
    grant = grant_over(PEOPLE[person], SUBJECTS[subject])
    assert grant is not None
    assert grant.source is source


def test_l15_management_never_covers_finance_or_booking() -> None:
    grant = grant_over(PEOPLE["owner"], SUBJECTS["sub, aggregated, on"])
    assert grant is not None
    assert grant.scopes == {Scope.VIEW, Scope.ORDER, Scope.DOCUMENTS, Scope.TICKETS}


@pytest.mark.parametrize(("orders", "covered"), [(True, True), (False, False)])
def test_l16_orders_for_independent_ones_are_a_second_option(orders: bool, covered: bool) -> None:
    subject = replace(SUBJECTS["sub, independent, allowed"], independent_orders=orders)
    grant = grant_over(PEOPLE["owner"], subject)
    assert grant is not None
    assert (Scope.ORDER in grant.scopes) is covered


def test_l15_a_login_with_a_narrow_scope_keeps_it_over_sub_accounts() -> None:
    grant = grant_over(PEOPLE["viewer"], SUBJECTS["sub, aggregated, on"])
    assert grant is not None
    assert grant.scopes == {Scope.VIEW, Scope.DOCUMENTS}


def test_s9_a_refusal_of_finance_says_who_pays() -> None:
    for permission in FINANCE:
        for subject in ("self, paid for", "sub, aggregated, on"):
            sentence = decide(PEOPLE["owner"], permission, SUBJECTS[subject]).sentence
            assert sentence == "Acme is billed and pays for Branch, so there are no finance pages here."


def test_s9_a_refusal_by_a_stranger_says_nothing() -> None:
    for permission in Permission:
        decision = decide(PEOPLE["owner"], permission, SUBJECTS["stranger"])
        assert (decision.answer, decision.grant, decision.sentence) == (Answer.HIDDEN, None, "")


def test_own_pages_are_never_anybody_elses() -> None:
    for permission in OWN_ONLY:
        assert not decide(PEOPLE["owner"], permission, SUBJECTS["sub, aggregated, on"])


def test_the_sentences_of_refusals() -> None:
    def sentence(person: str, permission: Permission, subject: str) -> str:
        return decide(PEOPLE[person], permission, SUBJECTS[subject]).sentence

    assert "management is off" in sentence("owner", Permission.PROFILE_VIEW, "sub, aggregated, off")
    assert "billed independently" in sentence("owner", Permission.PROFILE_VIEW, "sub, independent, on")
    assert "only for Branch" in sentence("owner", Permission.HOME, "sub, aggregated, on")
    assert sentence("viewer", Permission.STATEMENTS_VIEW, "self") == (
        "Your access does not include this: it would need the right to see finances."
    )
    assert sentence("bookkeeper", Permission.DOCUMENTS_VIEW, "sub, aggregated, on").startswith("Your access to Branch")
    assert "Super administrator" in sentence("desk", Permission.FINANCE_POST, "stranger")


def test_how_grants_read() -> None:
    assert Grant(Source.SELF, frozenset({Scope.VIEW})).text == "see details and services"
    assert Grant(Source.SELF, frozenset({Scope.TICKETS, Scope.VIEW, Scope.DOCUMENTS})).text == (
        "see details and services, see documents and write tickets"
    )
    assert Grant(Source.SELF, frozenset()).text == ""
    assert Grant(Source.SELF).scopes == ALL_SCOPES


def test_how_the_books_name_an_actor() -> None:
    assert PEOPLE["owner"].label == "olga@example.test"
    assert SYSTEM.label == "system operator"
    assert SYSTEM.is_staff
    assert not PEOPLE["owner"].is_staff
