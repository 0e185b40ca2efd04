"""Config, Finance, Notifications: what a partner's blocked customers are told (O3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType

from portal.actions import access
from portal.actions.notices.texts import Mail, mail_of, portal_address, sms_of, sms_ready
from portal.db import idempotency as operations
from portal.db import notices
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.db.partners.settings import PartnerFacts
from portal.outside import clock
from portal.outside.pens import pen_for
from portal.rules import seen, sms
from portal.rules.balances import Balances, balances_sentence
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.notices import NoticeFacts, NoticeSettings, checked, day_and_hour, due_at
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Pen, Sentence, say
from portal.rules.sms import Length

FIELD_NAMES = MappingProxyType(
    {
        "on": say("notices of blocking"),
        "sub_accounts": say("notices to sub-accounts"),
        "by_email": say("email"),
        "by_sms": say("SMS"),
        "hour": say("hour"),
        "subject": say("subject of the email"),
        "body": say("text of the email"),
        "sms": say("text of the SMS"),
    }
)
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
    next: Sentence
    waiting: int
    sms_ready: bool


@dataclass(frozen=True, slots=True)
class NoticePreview:
    """A notice as it will look: to a customer blocked itself, or to a sub-account that follows its main account."""

    title: Sentence
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


@writes(once="notices.configure", answer=tuple[Sentence, ...])
def save(
    actor: Actor, public_id: str, wanted: NoticeSettings, *, mark: str | None = None, once: str | None = None
) -> tuple[Sentence, ...]:
    """Change what a partner's blocked customers are told; the names of what changed.

    Raises Conflict when it changed since `mark`, Invalid for fields, Missing and NotAllowed.
    """
    access.require(actor, Permission.PORTAL_CONFIGURE)
    wanted = checked(wanted, sms_ready=sms_ready())
    partner = _partner(actor, public_id, hold=True)
    stored = _stored(partner)
    changed_meanwhile = say(
        "Somebody else changed the notifications of {partner} since you opened this page. Nothing of yours was saved.",
        partner=partner.name,
    )
    seen.unchanged(mark, _mark(stored), changed_meanwhile)
    before, after = asdict(stored), asdict(wanted)
    fields = {name: [before[name], after[name]] for name in FIELD_NAMES if before[name] != after[name]}
    changed = tuple(FIELD_NAMES[name] for name in fields)
    if fields:
        notices.save_settings(partner.id, wanted)
        text = say("Notifications of {partner}: changed {fields}", partner=partner.name, fields=changed)
        audit.record(actor, "notices.configure", text, partner=partner.public_id, fields=fields)
    return changed


def preview(actor: Actor, public_id: str, wanted: NoticeSettings) -> tuple[NoticePreview, ...]:
    """How notices will look with these settings, which are not stored. Raises Invalid, Missing and NotAllowed."""
    partner = _read(actor, public_id)
    # Only the texts are looked at: whether they can be used does not depend on the switches.
    wanted = checked(replace(wanted, on=False), sms_ready=True)
    facts = NoticeFacts(
        SAMPLE_NAME,
        partner.name,
        partner.contact,
        portal_address(),
        balance=balances_sentence(Balances(SAMPLE_OWED, 0), partner.currency),
    )
    following = replace(facts, because_of=SAMPLE_MAIN, balance=NOTHING)
    pen = pen_for(partner.settings.locale, partner.settings.time_zone)
    return (
        _preview(say("A customer that is blocked"), wanted, facts, pen),
        _preview(say("A sub-account that follows its main account"), wanted, following, pen),
    )


def _preview(title: Sentence, settings: NoticeSettings, facts: NoticeFacts, pen: Pen) -> NoticePreview:
    text = sms_of(settings, facts, pen)
    return NoticePreview(title, mail_of(settings, facts, pen), text, sms.measured(text))


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
