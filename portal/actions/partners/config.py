"""What a partner's customers see in the portal, and the letterhead of what they receive (O5, L16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from portal.actions import access
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.db.partners.settings import PartnerFacts
from portal.outside import clock
from portal.outside.pens import known_locale, pen_for
from portal.rules import seen
from portal.rules import texts as texts_of
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.money import exponent
from portal.rules.partners import SECTIONS, PartnerSettings
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

_LONGEST = {"name": 200, "address": 600, "contact": 600}
FIELD_NAMES: Mapping[str, Sentence] = MappingProxyType(
    {
        "name": say("name"),
        "address": say("address"),
        "contact": say("contact"),
        "time_zone": say("time zone"),
        "locale": say("language and formats"),
        **{setting: section.choice for setting, section in SECTIONS.items()},
        "manages_independent": say("opening of independent sub-accounts"),
        "independent_orders": say("orders for independent sub-accounts"),
    }
)


@dataclass(frozen=True, slots=True)
class PortalConfig:
    """The letterhead of a partner and its settings, of which those in FIELD_NAMES can be changed here."""

    name: str
    address: str
    contact: str
    settings: PartnerSettings

    def values(self) -> dict[str, object]:
        """What can be changed, by the names of FIELD_NAMES."""
        return {name: getattr(self if name in _LONGEST else self.settings, name) for name in FIELD_NAMES}

    def changed(self, sent: Mapping[str, object]) -> PortalConfig:
        """The same with the values of a form: texts, and switches that are on or not there."""
        values = {
            name: bool(sent.get(name)) if isinstance(before, bool) else str(sent.get(name) or "")
            for name, before in self.values().items()
        }
        letterhead = {name: str(values.pop(name)) for name in _LONGEST}
        return PortalConfig(**letterhead, settings=replace(self.settings, **values))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """A partner with the `mark` of what is shown; saving refuses when it has changed since."""

    partner: PartnerFacts
    mark: str


@snapshot
def list_partners(actor: Actor) -> list[PartnerFacts]:
    """The partners whose portal the actor configures: every one, or the one it is bound to."""
    access.require(actor, Permission.PORTAL_CONFIGURE)
    return partners.partners(actor.partner_id)


@snapshot
def open_partner(actor: Actor, public_id: str) -> PartnerPage:
    """One partner. Raises NotAllowed and Missing."""
    found = _partner(actor, public_id)
    return PartnerPage(found, _mark(found))


def config_of(partner: PartnerFacts) -> PortalConfig:
    """The values as they are now, for filling the form."""
    return PortalConfig(partner.name, partner.address, partner.contact, partner.settings)


@writes(once="portal.configure", answer=tuple[Sentence, ...])
def save(
    actor: Actor, public_id: str, wanted: PortalConfig, *, mark: str | None = None, once: str | None = None
) -> tuple[Sentence, ...]:
    """Change a partner's portal and letterhead; the names of what changed.

    Raises Conflict when it changed since `mark`, Invalid for fields, Missing and NotAllowed.
    """
    access.require(actor, Permission.PORTAL_CONFIGURE)
    wanted = _cleaned(wanted)
    partner = _partner(actor, public_id, hold=True)
    seen.unchanged(mark, _mark(partner), _changed_meanwhile(partner))
    if partners.name_is_taken(wanted.name, partner.id):
        raise Invalid({"name": say("Another partner is called {name}.", name=wanted.name)})
    before, after = config_of(partner).values(), wanted.values()
    fields = {name: [before[name], after[name]] for name in FIELD_NAMES if before[name] != after[name]}
    changed = tuple(FIELD_NAMES[name] for name in fields)
    if fields:
        partners.save(partner.id, {name: pair[1] for name, pair in fields.items()})
        text = say("Portal of {partner}: changed {fields}", partner=partner.name, fields=changed)
        audit.record(actor, "portal.configure", text, partner=partner.public_id, fields=fields)
    return changed


def _changed_meanwhile(partner: PartnerFacts) -> Sentence:
    return say(
        "Somebody else changed {partner} since you opened this page. Nothing of yours was saved.", partner=partner.name
    )


def time_zones() -> list[str]:
    """The time zones that can be chosen, by name."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "System")))


def locales() -> list[tuple[str, str]]:
    """The ways of writing dates and amounts that can be chosen, with their names in English."""
    codes = ("en_GB", "en_IE", "en_US", "cs_CZ", "da_DK", "de_AT", "de_CH", "de_DE", "el_GR", "es_ES", "fi_FI", "fr_BE")
    more = ("fr_CH", "fr_FR", "hu_HU", "it_IT", "nb_NO", "nl_NL", "pl_PL", "pt_PT", "ro_RO", "sk_SK", "sv_SE", "uk_UA")
    return sorted(((code, _locale_name(code)) for code in (*codes, *more)), key=lambda pair: pair[1])


def sample_day(partner: PartnerFacts) -> str:
    """Today as the partner's customers read it."""
    locale = known_locale(partner.settings.locale)
    return str(format_date(clock.today(partner.settings.time_zone), "long", locale=locale))


def sample_amount(partner: PartnerFacts) -> str:
    """An amount as the partner's customers read it, without its currency."""
    pen = pen_for(partner.settings.locale, partner.settings.time_zone)
    return pen.amount(-(12345 * 10 ** exponent(partner.currency) // 10), partner.currency)


def _locale_name(code: str) -> str:
    return str(Locale.parse(code).get_display_name("en"))


def _partner(actor: Actor, public_id: str, *, hold: bool = False) -> PartnerFacts:
    access.require(actor, Permission.PORTAL_CONFIGURE)
    found = partners.partner(public_id, hold=hold)
    if found is None or actor.partner_id not in (None, found.id):
        raise Missing()
    return found


def _mark(partner: PartnerFacts) -> str:
    return operations.fingerprint(config_of(partner).values())


def _cleaned(wanted: PortalConfig) -> PortalConfig:
    """The values as they are stored. Raises Invalid for all wrong fields at once."""
    wrong: dict[str, Sentence] = {}
    texts = {}
    for name, longest in _LONGEST.items():
        text = str(getattr(wanted, name)).replace("\r\n", "\n").replace("\x00", "")
        lines = [" ".join(line.split()) for line in text.split("\n")]
        texts[name] = texts_of.name(text) if name == "name" else "\n".join(lines).strip()
        if len(texts[name]) > longest:
            wrong[name] = say("Use at most {longest} characters here.", longest=longest)
    if not texts["name"]:
        wrong["name"] = say("Enter the name that customers see.")
    if texts["address"].count("\n") > 7:
        wrong["address"] = say("A letterhead has room for eight lines.")
    if wanted.settings.time_zone not in available_timezones():
        wrong["time_zone"] = say("Choose a time zone from the list, such as Europe/Prague.")
    if not _is_locale(wanted.settings.locale):
        wrong["locale"] = say("Choose one from the list.")
    if wrong:
        raise Invalid(wrong)
    return replace(wanted, name=texts["name"], address=texts["address"], contact=texts["contact"])


def _is_locale(code: str) -> bool:
    try:
        Locale.parse(code)
    except (ValueError, UnknownLocaleError):
        return False
    return True
