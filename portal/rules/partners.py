"""What a partner chooses for the portal of its customers: one value, loaded once and carried wherever a rule asks."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from types import MappingProxyType

from portal.rules.permissions import FINANCE, Permission
from portal.rules.sentences import Sentence, say

MAJORITY_AGE, GROUPS_PER_CUSTOMER = 18, 1
"""What a partner has until Operations choose otherwise (G5, G13)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the portal that a partner shows or hides: what staff call it and the choice of it, and what nobody may
    where it is hidden.

    To add one, declare a setting with `_section` below, and give `Partner` its column and the form its field.
    """

    name: Sentence
    choice: Sentence
    permissions: frozenset[Permission]


def _section(name: Sentence, choice: Sentence, *permissions: Permission) -> bool:
    """The declaration of a setting that shows a section (O5)."""
    shown: bool = field(default=True, metadata={"section": Section(name, choice, frozenset(permissions))})
    return shown


@dataclass(frozen=True, slots=True)
class PartnerSettings:
    """The settings of one partner. Where no partner is, as for staff who look after all of them, the defaults hold.

    `time_zone` is an IANA name, `locale` such as "en_GB". `manages_independent` lets main accounts open independent
    sub-accounts (L16), `independent_orders` order for them. `groups_on` is the feature as it is in force (G1); ages
    are in years.
    """

    time_zone: str = "Europe/London"
    locale: str = "en_GB"
    shows_statements: bool = _section(say("Statements"), say("whether statements are shown"), *FINANCE)
    shows_services: bool = _section(say("Services"), say("whether services are shown"), Permission.SERVICES_VIEW)
    shows_documents: bool = _section(
        say("Documents"),
        say("whether documents are shown"),
        Permission.DOCUMENTS_VIEW,
        Permission.STATEMENTS_SAVE,
    )
    manages_independent: bool = False
    independent_orders: bool = True
    groups_on: bool = False
    customers_create_groups: bool = False
    groups_per_customer: int = GROUPS_PER_CUSTOMER
    majority_age: int = MAJORITY_AGE

    def hides(self, permission: Permission) -> bool:
        """Whether a permission belongs to a section that is not shown: then nobody can ask for it (O5)."""
        return any(not getattr(self, name) for name in _SHOWING.get(permission, ()))

    @property
    def hidden_sections(self) -> tuple[Sentence, ...]:
        """What staff call the sections that are not shown."""
        return tuple(section.name for name, section in SECTIONS.items() if not getattr(self, name))


DEFAULTS = PartnerSettings()

SECTIONS = MappingProxyType(
    {one.name: one.metadata["section"] for one in fields(PartnerSettings) if "section" in one.metadata}
)
"""The sections that can be hidden, by the setting that shows them."""

_SHOWING = {
    permission: tuple(name for name, section in SECTIONS.items() if permission in section.permissions)
    for permission in Permission
}
