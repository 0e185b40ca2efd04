"""Who may do what, for whom: the whole table, written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.rules.deciding import (
    OWN_ONLY,
    ROLE_PERMISSIONS,
    STAFF_PERMISSIONS,
    SYSTEM,
    Actor,
    Answer,
    Grant,
    GroupDeed,
    Source,
    SubjectFacts,
    decide,
    decide_group,
    decide_scope,
    grants_over,
)
from portal.rules.groups import GroupRole, Kinship
from portal.rules.holders import Role
from portal.rules.partners import SECTIONS, PartnerSettings
from portal.rules.permissions import FINANCE, Permission
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import NOTHING as NOTHING_SAID

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
ALLOWING = PartnerSettings(manages_independent=True)
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
    "sub, independent, allowed": replace(SUB, mode_independent=True, management=True, settings=ALLOWING),
    "sub, independent, allowed, off": replace(SUB, mode_independent=True, settings=ALLOWING),
}

# One letter a permission: A allowed, K known but refused (403), H hidden (404). The customers' permissions in order:
# home, account, jobs, sub-accounts, profile, services, statements view, send, save, invoices pay, documents, profile
# edit, groups view, manage, create, bookings view, book, memberships view, buy, documents add, services order, messages
# view, tickets view, write. No subject here is in a group; those who are stand below.
CUSTOMERS = (
    Permission.HOME,
    Permission.ACCOUNT,
    Permission.JOBS_VIEW,
    Permission.SUB_ACCOUNTS_VIEW,
    Permission.PROFILE_VIEW,
    Permission.SERVICES_VIEW,
    Permission.STATEMENTS_VIEW,
    Permission.STATEMENTS_SEND,
    Permission.STATEMENTS_SAVE,
    Permission.INVOICES_PAY,
    Permission.DOCUMENTS_VIEW,
    Permission.PROFILE_EDIT,
    Permission.GROUP_VIEW,
    Permission.GROUP_MANAGE,
    Permission.GROUP_CREATE,
    Permission.BOOKINGS_VIEW,
    Permission.BOOKINGS_BOOK,
    Permission.MEMBERSHIPS_VIEW,
    Permission.MEMBERSHIPS_BUY,
    Permission.DOCUMENTS_ADD,
    Permission.SERVICES_ORDER,
    Permission.MESSAGES_VIEW,
    Permission.ORDERS_VIEW,
    Permission.ORDERS_PLACE,
    Permission.TICKETS_VIEW,
    Permission.TICKETS_WRITE,
)
CUSTOMER_TABLE = {
    ("owner", "self"): "AAAAAAAAAAAAHHHAAAAAAAAAAA",
    ("owner", "self, paid for"): "AAAAAAKKKKAAHHHAAAAAAAAAAA",
    ("owner", "stranger"): "HHHHHHHHHHHHHHHHHHHHHHHHHH",
    ("owner", "sub, aggregated, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("owner", "sub, aggregated, on"): "KKKKAAKKKKAKKKKKKKKAAKAAAA",
    ("owner", "sub, independent, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("owner", "sub, independent, on"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("owner", "sub, independent, allowed"): "KKKKAAKKKKAKKKKKKKKAAKAAAA",
    ("owner", "sub, independent, allowed, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("bookkeeper", "self"): "AAAKKKAAAAKKHHHKKKKKKKKKKK",
    ("bookkeeper", "self, paid for"): "AAAKKKKKKKKKHHHKKKKKKKKKKK",
    ("bookkeeper", "stranger"): "HHHHHHHHHHHHHHHHHHHHHHHHHH",
    ("bookkeeper", "sub, aggregated, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("bookkeeper", "sub, aggregated, on"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("bookkeeper", "sub, independent, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("bookkeeper", "sub, independent, on"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("bookkeeper", "sub, independent, allowed"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("bookkeeper", "sub, independent, allowed, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("viewer", "self"): "AAAAAAKKKKAKHHHAKAKAKAAKKK",
    ("viewer", "self, paid for"): "AAAAAAKKKKAKHHHAKAKAKAAKKK",
    ("viewer", "stranger"): "HHHHHHHHHHHHHHHHHHHHHHHHHH",
    ("viewer", "sub, aggregated, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("viewer", "sub, aggregated, on"): "KKKKAAKKKKAKKKKKKKKAKKAKKK",
    ("viewer", "sub, independent, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("viewer", "sub, independent, on"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    ("viewer", "sub, independent, allowed"): "KKKKAAKKKKAKKKKKKKKAKKAKKK",
    ("viewer", "sub, independent, allowed, off"): "KKKKKKKKKKKKKKKKKKKKKKKKKK",
    **{
        (person, subject): "HHHHHHHHHHHHHHHHHHHHHHHHHH"
        for person in ("super", "admin", "desk", "operations", "bound", "elsewhere", "system")
        for subject in SUBJECTS
    },
}

# The back office's permissions, over any customer.
STAFF = (
    Permission.STAFF_HOME,
    Permission.CUSTOMERS_VIEW,
    Permission.CUSTOMERS_ADD,
    Permission.CUSTOMERS_EDIT,
    Permission.CUSTOMERS_CONTACT,
    Permission.CUSTOMERS_STATUS,
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
    Permission.GROUPS_MANAGE,
    Permission.GROUP_LABELS,
    Permission.CUSTOMERS_REMOVE,
    Permission.PARTNER_ACCOUNTS_LINK,
    Permission.GROUPS_FREEZE,
    Permission.BOOKINGS_DESK,
    Permission.ACTIVITIES_MANAGE,
    Permission.DOCUMENTS_MANAGE,
    Permission.SERVICES_MANAGE,
    Permission.MESSAGES_SEND,
    Permission.ORDERS_MANAGE,
    Permission.CATALOGUE_MANAGE,
    Permission.TICKETS_ANSWER,
    Permission.CUSTOMERS_VIEW_AS,
)
STAFF_TABLE = {
    "owner": "HHHHHHHHHHHHHHHHHHHHHHHHHHHHHH",
    "bookkeeper": "HHHHHHHHHHHHHHHHHHHHHHHHHHHHHH",
    "viewer": "HHHHHHHHHHHHHHHHHHHHHHHHHHHHHH",
    "super": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "admin": "AAAAAAAAAKKAAAKKAAKAAAAAAAAAAA",
    "desk": "AAAKAKAKKKKKKKKKAKKKKAKAKKAKAK",
    "operations": "AAKKKKKKKKKAAAKAKKKKKKAKKKKAKK",
    "bound": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "elsewhere": "HHHHHHHHHHHHHHHHHHHHHHHHHHHHHH",
    "system": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
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


def test_p1_administrators_link_partner_accounts() -> None:
    linkers = {role for role, held in ROLE_PERMISSIONS.items() if Permission.PARTNER_ACCOUNTS_LINK in held}
    assert linkers == {Role.SUPER, Role.ADMINISTRATOR}


@pytest.mark.parametrize(
    ("shown", "letters"),
    [
        ({"services", "documents"}, "AAAAAAHHHHAAHHHHHHHAAAAAHH"),
        ({"statements", "documents"}, "AAAAAHAAAAAAHHHHHHHAHAHHHH"),
        ({"statements", "services"}, "AAAAAAAAHAHAHHHHHHHHAAAAHH"),
        ({"bookings"}, "AAAAAHHHHHHAHHHAAHHHHAHHHH"),
        ({"memberships"}, "AAAAAHHHHHHAHHHHHAAHHAHHHH"),
        ({"tickets"}, "AAAAAHHHHHHAHHHHHHHHHAHHAA"),
        (set(), "AAAAAHHHHHHAHHHHHHHHHAHHHH"),
    ],
)
def test_o5_what_the_portal_does_not_show_is_not_there(shown: set[str], letters: str) -> None:
    settings = PartnerSettings(**{name: name.removeprefix("shows_") in shown for name in SECTIONS})
    me = replace(SUBJECTS["self"], settings=settings)
    assert answers("owner", CUSTOMERS, me) == letters
    paid_for = answers("owner", CUSTOMERS, replace(SUBJECTS["self, paid for"], settings=settings))
    assert ("K" in paid_for) is ("statements" in shown), "hidden, and not merely refused"
    assert answers("super", STAFF, replace(SUBJECTS["stranger"], settings=settings)) == STAFF_TABLE["super"]
    may = {
        scope: bool(decide_scope(PEOPLE["owner"], scope, replace(SUBJECTS["self"], settings=settings)))
        for scope in Scope
    }
    assert (may[Scope.FINANCE], may[Scope.DOCUMENTS]) == ("statements" in shown, "documents" in shown)


def test_every_decision_says_something_and_every_yes_has_a_grant() -> None:
    for actor in PEOPLE.values():
        for subject in (None, *SUBJECTS.values()):
            for permission in Permission:
                decision = decide(actor, permission, subject)
                assert bool(decision) is (decision.answer is Answer.ALLOWED)
                if decision:
                    assert decision.grant is not None
                elif decision.answer is Answer.KNOWN:
                    assert str(decision.sentence).endswith(".")
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
    (grant,) = grants_over(PEOPLE[person], SUBJECTS[subject])
    assert grant.source is source


def test_l15_management_never_covers_finance_or_booking() -> None:
    (grant,) = grants_over(PEOPLE["owner"], SUBJECTS["sub, aggregated, on"])
    assert grant.scopes == {Scope.VIEW, Scope.ORDER, Scope.DOCUMENTS, Scope.TICKETS}


@pytest.mark.parametrize(("orders", "covered"), [(True, True), (False, False)])
def test_l16_orders_for_independent_ones_are_a_second_option(orders: bool, covered: bool) -> None:
    subject = replace(
        SUBJECTS["sub, independent, allowed"],
        settings=replace(ALLOWING, independent_orders=orders),
    )
    (grant,) = grants_over(PEOPLE["owner"], subject)
    assert (Scope.ORDER in grant.scopes) is covered


def test_l15_a_login_with_a_narrow_scope_keeps_it_over_sub_accounts() -> None:
    (grant,) = grants_over(PEOPLE["viewer"], SUBJECTS["sub, aggregated, on"])
    assert grant.scopes == {Scope.VIEW, Scope.DOCUMENTS}


def test_s9_a_refusal_of_finance_says_who_pays() -> None:
    for permission in FINANCE:
        for subject in ("self, paid for", "sub, aggregated, on"):
            sentence = decide(PEOPLE["owner"], permission, SUBJECTS[subject]).sentence
            assert str(sentence) == "Acme is billed and pays for Branch, so there are no finance pages here."


def test_s9_a_refusal_by_a_stranger_says_nothing() -> None:
    for permission in Permission:
        decision = decide(PEOPLE["owner"], permission, SUBJECTS["stranger"])
        assert (decision.answer, decision.grant, decision.sentence) == (Answer.HIDDEN, None, NOTHING_SAID)


def test_own_pages_are_never_anybody_elses() -> None:
    for permission in OWN_ONLY:
        assert not decide(PEOPLE["owner"], permission, SUBJECTS["sub, aggregated, on"])


def test_the_sentences_of_refusals() -> None:
    def sentence(person: str, permission: Permission, subject: str) -> str:
        return str(decide(PEOPLE[person], permission, SUBJECTS[subject]).sentence)

    assert "management is off" in sentence("owner", Permission.PROFILE_VIEW, "sub, aggregated, off")
    assert "billed independently" in sentence("owner", Permission.PROFILE_VIEW, "sub, independent, on")
    assert "only for Branch" in sentence("owner", Permission.HOME, "sub, aggregated, on")
    assert sentence("viewer", Permission.STATEMENTS_VIEW, "self") == (
        "Your access does not include this: it would need the right to see finances."
    )
    assert sentence("bookkeeper", Permission.DOCUMENTS_VIEW, "sub, aggregated, on").startswith("Your access to Branch")
    assert "Super administrator" in sentence("desk", Permission.FINANCE_POST, "stranger")


def test_how_grants_read() -> None:
    assert str(Grant(Source.SELF, frozenset({Scope.VIEW})).text) == "see details and services"
    assert str(Grant(Source.SELF, frozenset({Scope.TICKETS, Scope.VIEW, Scope.DOCUMENTS})).text) == (
        "see details and services, see documents, add documents and write tickets"
    )
    assert str(Grant(Source.SELF, frozenset()).text) == ""
    assert Grant(Source.SELF).scopes == ALL_SCOPES


def test_how_the_books_name_an_actor() -> None:
    assert PEOPLE["owner"].label == "olga@example.test"
    assert SYSTEM.label == "system operator"
    assert SYSTEM.is_staff
    assert not PEOPLE["owner"].is_staff


# Groups: the same letters in the same order.

OWNER, ADMIN, DEPENDENT = GroupRole.OWNER, GroupRole.ADMIN, GroupRole.DEPENDENT
SEE, MONEY = frozenset({Scope.VIEW, Scope.DOCUMENTS}), frozenset({Scope.VIEW, Scope.FINANCE})
END = date(2026, 12, 24)


def kin(role: GroupRole, subject: GroupRole = DEPENDENT, **more: object) -> Kinship:
    return Kinship("g1", "Olga", role, subject, **more)  # type: ignore[arg-type]


def in_group(*kinships: Kinship, **more: object) -> SubjectFacts:
    values = {"settings": PartnerSettings(groups_on=True), **more}
    return replace(PLAIN, name="Mia", kinships=kinships, **values)  # type: ignore[arg-type]


NOTHING, HIDDEN = "KKKKKKKKKKKKKKKKKKKKKKKKKK", "HHHHHHHHHHHHHHHHHHHHHHHHHH"
GROUP_TABLE = {
    "Owner for a child": (in_group(kin(OWNER)), "KKKKAAAAAAAAKKKAAAAAAAAAAA"),
    "Admin for a child": (in_group(kin(ADMIN)), "KKKKAAAAAAAAKKKAAAAAAAAAAA"),
    "carer who sees, for a child": (in_group(kin(ADMIN, scopes=SEE, until=END)), "KKKKAAKKKKAKKKKAKAKAKAAKKK"),
    "carer with finances, for a child": (in_group(kin(ADMIN, scopes=MONEY, until=END)), "KKKKAAAAAAKKKKKAKAKKKAAKKK"),
    "Owner for a child whose guardianship is frozen": (in_group(kin(OWNER, frozen=True)), NOTHING),
    "Admin for a frozen adult who agreed": (
        in_group(kin(ADMIN, subject_is_adult=True, consent=ALL_SCOPES, frozen=True)),
        NOTHING,
    ),
    "Owner for an Admin": (in_group(kin(OWNER, ADMIN)), NOTHING),
    "Admin for the Owner": (in_group(kin(ADMIN, OWNER)), NOTHING),
    "Admin for an Admin": (in_group(kin(ADMIN, ADMIN)), NOTHING),
    "Dependent for the Owner": (in_group(kin(DEPENDENT, OWNER)), NOTHING),
    "Dependent for an Admin": (in_group(kin(DEPENDENT, ADMIN)), NOTHING),
    "Dependent for a Dependent": (in_group(kin(DEPENDENT)), NOTHING),
    "Owner for a paused adult": (in_group(kin(OWNER, subject_is_adult=True)), NOTHING),
    "Owner for an adult who agreed to it all": (
        in_group(kin(OWNER, subject_is_adult=True, consent=ALL_SCOPES)),
        "KKKKAAAAAAAAKKKAAAAAAAAAAA",
    ),
    "Owner for an adult who agreed to less": (
        in_group(kin(OWNER, subject_is_adult=True, consent=MONEY)),
        "KKKKAAAAAAKKKKKAKAKKKAAKKK",
    ),
    "carer for an adult who agreed to other things": (
        in_group(kin(ADMIN, scopes=SEE, subject_is_adult=True, consent=MONEY)),
        "KKKKAAKKKKKKKKKAKAKKKAAKKK",
    ),
    "carer for an adult who agreed to nothing of it": (
        in_group(kin(ADMIN, scopes=SEE, subject_is_adult=True, consent=frozenset({Scope.FINANCE}))),
        NOTHING,
    ),
    "Owner for an Inactive child": (in_group(kin(OWNER), acted_for=False), NOTHING),
    "Owner for a Blocked child": (in_group(kin(OWNER), may_order=False), "KKKKAAAAAAAAKKKAAAAAAAAAAA"),
    "Owner for a child whose bills another pays": (
        in_group(kin(OWNER), aggregated=True, payer_name="Acme"),
        "KKKKAAKKKKAAKKKAAAAAAAAAAA",
    ),
    "carer in one group, Owner in another": (
        in_group(kin(ADMIN, scopes=SEE), kin(OWNER)),
        "KKKKAAAAAAAAKKKAAAAAAAAAAA",
    ),
    "carer who is the main account, too": (
        in_group(
            kin(ADMIN, scopes=MONEY),
            linked_main=True,
            mode_independent=True,
            management=True,
            settings=replace(ALLOWING, groups_on=True),
        ),
        "KKKKAAAAAAAKKKKAKAKAAAAAAA",
    ),
    "a member of another group": (in_group(), HIDDEN),
    "the feature off": (PLAIN, HIDDEN),
}


@pytest.mark.parametrize("case", GROUP_TABLE)
def test_g11_g12_pri2_what_a_group_lets_one_do(case: str) -> None:
    subject, letters = GROUP_TABLE[case]
    found = "".join(decide(PEOPLE["owner"], permission, subject).answer.name[0] for permission in CUSTOMERS)
    assert found == letters


@pytest.mark.parametrize(
    ("person", "letters"),
    [("bookkeeper", "KKKKKKAAAAKKKKKKKKKKKKKKKK"), ("viewer", "KKKKAAKKKKAKKKKAKAKAKAAKKK"), ("super", HIDDEN)],
)
def test_sec6_a_login_with_a_narrow_scope_keeps_it_in_a_group(person: str, letters: str) -> None:
    subject = in_group(kin(OWNER))
    found = "".join(decide(PEOPLE[person], permission, subject).answer.name[0] for permission in CUSTOMERS)
    assert found == letters


@pytest.mark.parametrize(
    ("on", "roles", "may_create", "letters"),
    [
        (True, (), False, "AHH"),
        (True, (), True, "AHA"),
        (True, (OWNER,), False, "AAH"),
        (True, (ADMIN,), False, "AAH"),
        (True, (DEPENDENT,), False, "AKH"),
        (True, (DEPENDENT, ADMIN), False, "AAH"),
        (True, (OWNER,), True, "AAA"),
        (False, (), True, "HHH"),
        (False, (OWNER,), True, "HHH"),
        (False, (DEPENDENT,), False, "HHH"),
    ],
)
def test_g1_g2_g6_ones_own_groups(on: bool, roles: tuple[GroupRole, ...], may_create: bool, letters: str) -> None:
    me = replace(SUBJECTS["self"], settings=PartnerSettings(groups_on=on), own_roles=roles, may_create_group=may_create)
    own = (Permission.GROUP_VIEW, Permission.GROUP_MANAGE, Permission.GROUP_CREATE)
    assert answers("owner", own, me) == letters
    assert answers("super", own, me) == answers("system", own, me) == "HHH"


@pytest.mark.parametrize(
    ("deed", "letters"),
    [
        (GroupDeed.ADD_DEPENDENT, "AAKH"),
        (GroupDeed.CHANGE_DEPENDENT, "AAKH"),
        (GroupDeed.CHANGE_ADMIN, "AKKH"),
        (GroupDeed.OWN, "AKKH"),
    ],
)
def test_g6_what_members_do_to_their_group(deed: GroupDeed, letters: str) -> None:
    found = [decide_group(role, deed) for role in (OWNER, ADMIN, DEPENDENT, None)]
    assert "".join(one.answer.name[0] for one in found) == letters
    assert all(str(one.sentence).endswith(".") for one in found if one.answer is Answer.KNOWN)


@pytest.mark.parametrize(
    ("subject", "allowed"),
    [
        (in_group(kin(OWNER)), ALL_SCOPES),
        (in_group(kin(OWNER), may_order=False), ALL_SCOPES - {Scope.BOOK, Scope.ORDER}),
        (in_group(kin(OWNER), acted_for=False), frozenset()),
        (in_group(kin(ADMIN, scopes=SEE)), SEE),
        (in_group(kin(ADMIN, scopes=SEE), kin(OWNER, scopes=MONEY)), SEE | MONEY),
        (in_group(kin(OWNER), aggregated=True, payer_name="Acme"), ALL_SCOPES - {Scope.FINANCE}),
        (in_group(kin(OWNER, subject_is_adult=True)), frozenset()),
        (in_group(), frozenset()),
        (PLAIN, frozenset()),
    ],
)
def test_sec6_acting_for_somebody_is_the_grant_and_what_they_may_themselves(
    subject: SubjectFacts, allowed: frozenset[Scope]
) -> None:
    assert {scope for scope in Scope if decide_scope(PEOPLE["owner"], scope, subject)} == allowed
    assert not any(decide_scope(PEOPLE["super"], scope, subject) for scope in Scope)


def test_where_grants_of_groups_come_from() -> None:
    subject = in_group(
        kin(ADMIN, scopes=SEE, until=END, subject_label="Child"), replace(kin(OWNER), group="g2"), kin(ADMIN, OWNER)
    )
    assert grants_over(PEOPLE["owner"], subject) == (
        Grant(Source.CARER, SEE, END, "g1", "Child"),
        Grant(Source.GROUP, ALL_SCOPES, None, "g2", ""),
    )
    decision = decide(PEOPLE["owner"], Permission.STATEMENTS_VIEW, subject)
    assert decision.grant is not None
    assert decision.grant.reference == "g2", "the one that covers it is the one that is remembered"


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("Owner for a paused adult", "Mia is of age, and decides who may act for them. They have not agreed to it."),
        ("Dependent for the Owner", "Only the Owner and the Admins of a group act for others, and only"),
        ("Admin for the Owner", "The Owner and the Admins of a group act for its Dependents, not for one another."),
        ("carer for an adult who agreed to nothing of it", "Your access to Mia does not include anything"),
        ("Owner for an Inactive child", "Mia is Inactive, so nobody can act for it."),
        ("the feature off", ""),
        ("a member of another group", ""),
    ],
)
def test_why_a_group_does_not_let_one_do_it(case: str, sentence: str) -> None:
    said = str(decide(PEOPLE["owner"], Permission.PROFILE_VIEW, GROUP_TABLE[case][0]).sentence)
    assert said.startswith(sentence)
    assert bool(said) is bool(sentence)
