"""What a partner's customers see in the portal, and the letterhead of what they receive (O5, L16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from portal.actions import access
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.db.partners.settings import PartnerFacts
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing
from portal.rules.money import exponent
from portal.rules.partners import SECTIONS, PartnerSettings
from portal.rules.permissions import Permission

_LONGEST = {"name": 200, "address": 600, "contact": 600}
FIELD_NAMES = {
    "name": "name",
    "address": "address",
    "contact": "contact",
    "time_zone": "time zone",
    "locale": "language and formats",
    **{setting: f"whether {section.name.lower()} are shown" for setting, section in SECTIONS.items()},
    "manages_independent": "opening of independent sub-accounts",
    "independent_orders": "orders for independent sub-accounts",
}


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


@writes
def save(
    actor: Actor, public_id: str, wanted: PortalConfig, *, mark: str | None = None, once: str | None = None
) -> tuple[str, ...]:
    """Change a partner's portal and letterhead; the names of what changed.

    Raises Conflict when it changed since `mark`, Invalid for fields, Missing and NotAllowed.
    """
    _partner(actor, public_id)
    wanted = _cleaned(wanted)
    if (earlier := operations.claim(once, "portal.configure", [public_id, wanted.values()])) is not None:
        return tuple(str(name) for name in earlier["changed"])  # type: ignore[attr-defined]
    found = _partner(actor, public_id, hold=True)
    if mark is not None and mark != _mark(found):
        raise Conflict(f"Somebody else changed {found.name} since you opened this page. Nothing of yours was saved.")
    if partners.name_is_taken(wanted.name, found.id):
        raise Invalid({"name": f"Another partner is called {wanted.name}."})
    before, after = config_of(found).values(), wanted.values()
    fields = {name: [before[name], after[name]] for name in FIELD_NAMES if before[name] != after[name]}
    changed = [FIELD_NAMES[name] for name in fields]
    if fields:
        partners.save(found.id, {name: pair[1] for name, pair in fields.items()})
        text = f"Portal of {found.name}: changed {', '.join(changed)}"
        audit.record(actor, "portal.configure", text, partner=found.public_id, fields=fields)
    operations.settle(once, {"changed": changed})
    return tuple(changed)


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
    return str(format_date(clock.today(partner.settings.time_zone), "long", locale=_known(partner.settings.locale)))


def sample_amount(partner: PartnerFacts) -> str:
    """An amount as the partner's customers read it, without its currency."""
    places = exponent(partner.currency)
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return str(format_decimal(Decimal("-1234.5"), pattern, locale=_known(partner.settings.locale))).replace("-", "−")


def _known(code: str) -> str:
    return code if _is_locale(code) else "en_GB"


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
    wrong: dict[str, str] = {}
    texts = {}
    for name, longest in _LONGEST.items():
        text = str(getattr(wanted, name)).replace("\r\n", "\n").replace("\x00", "")
        lines = [" ".join(line.split()) for line in text.split("\n")]
        texts[name] = " ".join(lines).strip() if name == "name" else "\n".join(lines).strip()
        if len(texts[name]) > longest:
            wrong[name] = f"Use at most {longest} characters here."
    if not texts["name"]:
        wrong["name"] = "Enter the name that customers see."
    if texts["address"].count("\n") > 7:
        wrong["address"] = "A letterhead has room for eight lines."
    if wanted.settings.time_zone not in available_timezones():
        wrong["time_zone"] = "Choose a time zone from the list, such as Europe/Prague."
    if not _is_locale(wanted.settings.locale):
        wrong["locale"] = "Choose one from the list."
    if wrong:
        raise Invalid(wrong)
    return replace(wanted, name=texts["name"], address=texts["address"], contact=texts["contact"])


def _is_locale(code: str) -> bool:
    try:
        Locale.parse(code)
    except (ValueError, UnknownLocaleError):
        return False
    return True
