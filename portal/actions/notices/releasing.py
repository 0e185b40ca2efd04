"""When the hour of a notice comes: it becomes messages of the outbox, or it is dropped and says why.

Both happen in one transaction with the notice itself, so that it is never written twice and never lost; from there the
outbox sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from portal.actions.notices.texts import mail_of, portal_address, sms_of
from portal.db import notices, outbox
from portal.db.audit import records as audit
from portal.db.books import posting as ledger
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import attempt, snapshot, writes
from portal.db.notices import Waiting
from portal.outside import clock
from portal.outside.pens import LocalePen, pen_for
from portal.rules.balances import NO_BALANCE, Balances, balances_sentence
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.errors import PortalError
from portal.rules.notices import NoticeFacts, NoticeSettings, NoticeState, Reach, by_words
from portal.rules.outbox import GIVE_UP_AFTER, Channel
from portal.rules.sentences import NOTHING, Sentence, say, together, verbatim

log = structlog.get_logger("portal.notices")

PURPOSE = "blocking"
BATCH = 50
"""So many notices are taken in one transaction, so that nobody waits for all of them."""

RETRY_AFTER = timedelta(hours=1)

NOT_BLOCKED = say("The customer was not Blocked any more when this was due.")
SWITCHED_OFF = say("Notices of blocking were switched off before this was due.")
NOT_TO_SUBS = say("Notices to sub-accounts were switched off before this was due.")

SET_ASIDE = say("It could not be put together, and was set aside after some days.")


@dataclass(slots=True)
class Released:
    """How many notices became messages, were dropped, and reached nobody."""

    written: int = 0
    dropped: int = 0
    nobody: int = 0

    @property
    def all(self) -> int:
        return self.written + self.dropped + self.nobody


def release(keep_going: Callable[[], bool] = lambda: True) -> Released:
    """Take every notice whose hour has come; run again, or twice at once, it takes none twice."""
    released = Released()
    while keep_going() and _any_due():
        taken = _release_batch()
        released.written += taken.count(NoticeState.WRITTEN)
        released.dropped += taken.count(NoticeState.DROPPED)
        released.nobody += taken.count(NoticeState.NOBODY)
        if not taken:
            break
    if released.all:
        log.info("notices", written=released.written, dropped=released.dropped, nobody=released.nobody)
    return released


@snapshot
def _any_due() -> bool:
    return notices.any_due(clock.now())


@writes
def _release_batch() -> list[NoticeState]:
    due = notices.take_due(clock.now(), BATCH)
    profiles = customers.by_ids(one.customer_id for one in due)
    settings = notices.settings_of(profile.partner_id for profile in profiles.values())
    balances = _balances(profiles)
    states = []
    for one in due:
        profile = profiles[one.customer_id]
        try:
            with attempt():
                states.append(_release(one, profile, settings[profile.partner_id], balances))
        except (PortalError, ValueError, LookupError) as fault:  # it must not stop the others (R29)
            log.error("notice cannot be written", customer=profile.public_id, exc_info=fault)
            states.append(_stumble(one, profile))
    return states


def _stumble(one: Waiting, profile: Profile) -> NoticeState:
    """A fault on our side: tried again every hour for some days, then set aside."""
    now = clock.now()
    if now - one.written_at < GIVE_UP_AFTER:
        notices.postpone(one.id, now + RETRY_AFTER)
        return NoticeState.WAITING
    return _dropped(one, profile, SET_ASIDE)


def _dropped(one: Waiting, profile: Profile, because: Sentence) -> NoticeState:
    notices.settle(one.id, NoticeState.DROPPED, clock.now(), remark=because)
    text = say("Notice of the block dropped: {because}", because=because)
    audit.record(SYSTEM, "notice.dropped", text, subject_id=profile.id)
    return NoticeState.DROPPED


def _balances(profiles: Mapping[int, Profile]) -> Mapping[int, Balances]:
    """What the payers among these have, as of today where each partner is."""
    found: dict[int, Balances] = {}
    for zone in {profile.time_zone for profile in profiles.values()}:
        payers = {p.payer_id: p.currency for p in profiles.values() if p.time_zone == zone and not p.aggregated}
        found |= ledger.balances(payers, clock.today(zone)) if payers else {}
    return found


def _release(one: Waiting, profile: Profile, settings: NoticeSettings, balances: Mapping[int, Balances]) -> NoticeState:
    against = _against(profile, settings)
    if against:
        return _dropped(one, profile, against)
    reach = Reach(profile.email, profile.billing_email, profile.phone)
    channels = reach.by(settings.channels)
    missing = together(*(gap.sentence for gap in reach.missing(settings.channels)))
    if not channels:
        notices.settle(one.id, NoticeState.NOBODY, clock.now(), remark=missing)
        text = say("Notice of the block reaches nobody: {because}", because=missing)
        audit.record(SYSTEM, "notice.nobody", text, subject_id=profile.id)
        return NoticeState.NOBODY
    facts = _facts(profile, balances.get(profile.payer_id, NO_BALANCE))
    mail = _mail(profile, settings, facts, reach.addresses) if Channel.EMAIL in channels else ""
    sms = _sms(profile, settings, facts, reach.number or "") if Channel.SMS in channels else ""
    notices.settle(one.id, NoticeState.WRITTEN, clock.now(), remark=missing, mail=mail, sms=sms)
    queued = say("Notice of the block queued {by}.", by=by_words(channels))
    audit.record(SYSTEM, "notice.written", together(queued, missing), subject_id=profile.id)
    return NoticeState.WRITTEN


def _against(profile: Profile, settings: NoticeSettings) -> Sentence:
    """Why a notice is not sent any more; NOTHING when it is."""
    if profile.status.status is not Status.BLOCKED or profile.removed_at is not None:
        return NOT_BLOCKED
    if not settings.on:
        return SWITCHED_OFF
    return NOT_TO_SUBS if profile.status.imposed and not settings.sub_accounts else NOTHING


def _facts(profile: Profile, balances: Balances) -> NoticeFacts:
    """A sub-account that another customer pays for is told nothing about the books it is billed to (L17)."""
    paid_for = profile.aggregated
    return NoticeFacts(
        name=profile.name,
        company=profile.partner_name,
        contact=profile.partner_contact,
        portal=portal_address(),
        because_of=(profile.main_name or "") if profile.status.imposed else "",
        overdue=profile.blocked_cause == "overdue",
        balance=NOTHING if paid_for else balances_sentence(balances, profile.currency),
    )


def _mail(profile: Profile, settings: NoticeSettings, facts: NoticeFacts, addresses: Sequence[str]) -> str:
    mail = mail_of(settings, facts, _pen(profile))
    subject, text, html = mail.rendered()
    return outbox.queue(
        purpose=PURPOSE,
        to=addresses,
        subject=verbatim(subject),
        text=text,
        html=html,
        customer_id=profile.id,
        sender_name=mail.sender,
    )


def _sms(profile: Profile, settings: NoticeSettings, facts: NoticeFacts, number: str) -> str:
    return outbox.queue_sms(
        purpose=PURPOSE,
        to=number,
        subject=verbatim(mail_of(settings, facts, _pen(profile)).subject),
        text=sms_of(settings, facts, _pen(profile)),
        customer_id=profile.id,
    )


def _pen(profile: Profile) -> LocalePen:
    """What a customer's notice is written with."""
    return pen_for(profile.locale, profile.time_zone)
