"""Every setting of a partner by its name: `flask config`, and the page that says how a partner bills and is paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from portal.actions import access
from portal.actions.notices.texts import sms_ready
from portal.actions.partners.features import check_managers
from portal.db import idempotency as operations
from portal.db import notices
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.partners import features
from portal.db.partners import settings as partners
from portal.db.partners.settings import PartnerFacts
from portal.outside.world import KnownWorld
from portal.rules import seen
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.notices import checked
from portal.rules.partners.settings import SETTINGS, NotAllowedHere, Setting
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

NOTICES = "notices"
_LETTERHEAD = ("address", "contact")


@dataclass(frozen=True, slots=True)
class PartnerValues:
    """A partner's settings as they are, by their names and in the order of SETTINGS; `mark` is that of what is shown.

    `values` are as `config show` prints them: texts that can be set again, and whole numbers.
    """

    name: str
    public_id: str
    currency: str
    customers: int
    values: Mapping[str, str | int]
    mark: str


@snapshot
def list_values(actor: Actor) -> list[PartnerValues]:
    """The settings of every partner the actor looks after, by name. Raises NotAllowed."""
    access.require(actor, Permission.PORTAL_CONFIGURE)
    return [_shown(one) for one in partners.partners(actor.partner_id)]


@snapshot
def values_of(actor: Actor, partner: str) -> PartnerValues:
    """The settings of one partner, by its name or public id. Raises Missing and NotAllowed."""
    access.require(actor, Permission.PORTAL_CONFIGURE)
    return _shown(_partner(actor, partner))


@writes(once="partner.settings", answer=tuple[Sentence, ...])
def change(
    actor: Actor, partner: str, given: Mapping[str, str], *, mark: str | None = None, once: str | None = None
) -> tuple[Sentence, ...]:
    """Change some settings of a partner, all or none; what changed, in plain words.

    `given` are texts by names. Raises Invalid for names and values that are not allowed, saying what is; Conflict when
    the settings changed since `mark`; Missing and NotAllowed.
    """
    for permission in _needed(given):
        access.require(actor, permission)
    stored = _partner(actor, partner, hold=True)
    before = _values(stored)
    seen.unchanged(mark, _shown(stored).mark, _changed_meanwhile(stored))
    after = _read(given, stored.currency)
    fields = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    if not fields:
        return ()
    if "majority_age" in fields:
        check_managers(features.settings(stored.id)[0], after["majority_age"])
    if NOTICES in fields:
        own = notices.settings_of([stored.id])[stored.id]
        notices.save_settings(stored.id, checked(replace(own, on=after[NOTICES]), sms_ready=sms_ready()))
    columns = {name: pair[1] for name, pair in fields.items() if name != NOTICES}
    if columns:
        partners.save(stored.id, columns)
    changed = tuple(SETTINGS[name].label for name in fields)
    told = {name: [SETTINGS[name].write(one, stored.currency) for one in pair] for name, pair in fields.items()}
    text = say("Settings of {partner}: changed {fields}", partner=stored.name, fields=changed)
    audit.record(actor, "partner.settings", text, partner=stored.public_id, fields=told)
    return changed


def _needed(names: Iterable[str]) -> set[Permission]:
    known = [SETTINGS[name] for name in names if name in SETTINGS]
    wanted = {Permission.FEATURES_MANAGE if one.of_groups else Permission.PORTAL_CONFIGURE for one in known}
    return wanted or {Permission.PORTAL_CONFIGURE}


def _read(given: Mapping[str, str], currency: str) -> dict[str, Any]:
    """The values of the texts. Raises Invalid for everything that is not allowed."""
    wrong: dict[str, Sentence] = {}
    values = {}
    for name, text in given.items():
        setting: Setting | None = SETTINGS.get(name)
        if setting is None:
            wrong[name] = say(
                "There is no setting “{name}”. There are {names}.", name=name[:40], names=", ".join(SETTINGS)
            )
            continue
        try:
            values[name] = setting.read(text.strip(), currency, WORLD)
        except NotAllowedHere as error:
            wrong[name] = error.sentence
    if wrong:
        raise Invalid(wrong)
    return values


WORLD = KnownWorld()


def _values(partner: PartnerFacts) -> dict[str, Any]:
    values: dict[str, Any] = asdict(partner.settings)
    values |= {name: getattr(partner, name) for name in _LETTERHEAD}
    values[NOTICES] = notices.settings_of([partner.id])[partner.id].on
    return values


def _shown(partner: PartnerFacts) -> PartnerValues:
    stored = _values(partner)
    values = {name: one.write(stored[name], partner.currency) for name, one in SETTINGS.items()}
    mark = operations.fingerprint(values)
    return PartnerValues(partner.name, partner.public_id, partner.currency, partner.customers, values, mark)


def _partner(actor: Actor, named: str, *, hold: bool = False) -> PartnerFacts:
    known = [public_id for _key, public_id, name in partners.names(actor.partner_id) if named in (public_id, name)]
    found = partners.partner(known[0], hold=hold) if known else None
    if found is None:
        raise Missing(say("There is no partner “{name}”.", name=named[:60]))
    return found


def _changed_meanwhile(partner: PartnerFacts) -> Sentence:
    return say(
        "Somebody else changed {partner} since you opened this page. Nothing of yours was saved.", partner=partner.name
    )
