"""Config, Finance, Notifications: what a partner's blocked customers are told (O3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from portal.actions import access
from portal.actions.notices.texts import Mail, balance_sentence, mail_of, portal_address, sms_of, sms_ready
from portal.db import idempotency as operations
from portal.db import notices
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.db.partners.settings import PartnerFacts
from portal.outside import clock
from portal.rules import sms
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Missing
from portal.rules.notices import NoticeFacts, NoticeSettings, checked, day_and_hour, due_at
from portal.rules.permissions import Permission
from portal.rules.sms import Length

FIELD_NAMES = {
    "on": "notices of blocking",
    "sub_accounts": "notices to sub-accounts",
    "by_email": "email",
    "by_sms": "SMS",
    "hour": "hour",
    "subject": "subject of the email",
    "body": "text of the email",
    "sms": "text of the SMS",
}
SAMPLE_NAME, SAMPLE_MAIN, SAMPLE_OWED = "Alex Sample", "Sample Group Ltd", -12_000


@dataclass(frozen=True, slots=True)
class PartnerNotices:
    """A partner with what its blocked customers are told."""

    partner: PartnerFacts
    settings: NoticeSettings


@dataclass(frozen=True, slots=True)
class NoticePage:
    """A partner's settings with the `mark` of what is shown; saving refuses when they have changed since.

    `next` is when a notice written now would go out, in words; `waiting` counts those that wait for their hour.
    """

    partner: PartnerFacts
    settings: NoticeSettings
    mark: str
    next: str
    waiting: int
    sms_ready: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A notice as it will look: to a customer blocked itself, or to a sub-account that follows its main account."""

    title: str
    mail: Mail
    sms: str
    length: Length


@snapshot
def list_partners(actor: Actor) -> list[PartnerNotices]:
    """The partners whose notices the actor configures: every one, or the one it is bound to."""
    access.require(actor, Permission.PORTAL_CONFIGURE)
    found = partners.partners(actor.partner_id)
    settings = notices.settings_of(partner.id for partner in found)
    return [PartnerNotices(partner, settings[partner.id]) for partner in found]


@snapshot
def open_partner(actor: Actor, public_id: str) -> NoticePage:
    """One partner's settings. Raises NotAllowed and Missing."""
    partner = _partner(actor, public_id)
    settings = _stored(partner)
    now = clock.now()
    return NoticePage(
        partner,
        settings,
        _mark(settings),
        day_and_hour(due_at(now, settings.hour, partner.settings.time_zone), now, partner.settings.time_zone),
        notices.waiting_count(partner.id),
        sms_ready(),
    )


@writes
def save(
    actor: Actor, public_id: str, wanted: NoticeSettings, *, mark: str | None = None, once: str | None = None
) -> tuple[str, ...]:
    """Change what a partner's blocked customers are told; the names of what changed.

    Raises Conflict when it changed since `mark`, Invalid for fields, Missing and NotAllowed.
    """
    _partner(actor, public_id)
    wanted = checked(wanted, sms_ready=sms_ready())
    if (earlier := operations.claim(once, "notices.configure", [public_id, asdict(wanted)])) is not None:
        return tuple(str(name) for name in earlier["changed"])  # type: ignore[attr-defined]
    partner = _partner(actor, public_id, hold=True)
    stored = _stored(partner)
    if mark is not None and mark != _mark(stored):
        who = "Somebody else changed the notifications of"
        raise Conflict(f"{who} {partner.name} since you opened this page. Nothing of yours was saved.")
    before, after = asdict(stored), asdict(wanted)
    fields = {name: [before[name], after[name]] for name in FIELD_NAMES if before[name] != after[name]}
    changed = [FIELD_NAMES[name] for name in fields]
    if fields:
        notices.save_settings(partner.id, wanted)
        text = f"Notifications of {partner.name}: changed {', '.join(changed)}"
        audit.record(actor, "notices.configure", text, partner=partner.public_id, fields=fields)
    operations.settle(once, {"changed": changed})
    return tuple(changed)


def preview(actor: Actor, public_id: str, wanted: NoticeSettings) -> tuple[Preview, ...]:
    """How notices will look with these settings, which are not stored. Raises Invalid, Missing and NotAllowed."""
    partner = _read(actor, public_id)
    # Only the texts are looked at: whether they can be used does not depend on the switches.
    wanted = checked(replace(wanted, on=False), sms_ready=True)
    facts = NoticeFacts(
        SAMPLE_NAME,
        partner.name,
        partner.contact,
        portal_address(),
        balance=balance_sentence(SAMPLE_OWED, partner.currency, partner.settings.locale),
    )
    following = replace(facts, because_of=SAMPLE_MAIN, balance="")
    titles = {"A customer that is blocked": facts, "A sub-account that follows its main account": following}
    return tuple(_preview(title, wanted, facts) for title, facts in titles.items())


def _preview(title: str, settings: NoticeSettings, facts: NoticeFacts) -> Preview:
    text = sms_of(settings, facts)
    return Preview(title, mail_of(settings, facts), text, sms.measured(text))


@snapshot
def _read(actor: Actor, public_id: str) -> PartnerFacts:
    return _partner(actor, public_id)


def _partner(actor: Actor, public_id: str, *, hold: bool = False) -> PartnerFacts:
    access.require(actor, Permission.PORTAL_CONFIGURE)
    found = partners.partner(public_id, hold=hold)
    if found is None or actor.partner_id not in (None, found.id):
        raise Missing()
    return found


def _stored(partner: PartnerFacts) -> NoticeSettings:
    found: Mapping[int, NoticeSettings] = notices.settings_of([partner.id])
    return found[partner.id]


def _mark(settings: NoticeSettings) -> str:
    return operations.fingerprint(asdict(settings))
