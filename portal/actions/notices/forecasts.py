"""Who will be told of a block, before it is made (O6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.actions.notices.texts import sms_ready
from portal.db import notices
from portal.db.customers.changes import Follower
from portal.db.customers.profiles import Profile
from portal.outside import clock
from portal.rules.notices import NoticeSettings, Reach, day_and_hour, due_at, forecast
from portal.rules.outbox import Channel
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Outlook:
    """Who will be told of a change, in `sentences`; none where it blocks nobody. `partner` is a public id.

    `off` says that nobody is told because the partner does not want it. `mark` stands for what decides, not for when.
    """

    sentences: tuple[Sentence, ...]
    off: bool
    partner: str
    mark: str


def outlook(profile: Profile, blocked: bool, followers: Iterable[Follower] = (), *, follows: bool = False) -> Outlook:
    """Who will be told when `profile` is `blocked`, and `followers` with it.

    `follows` says that the profile itself is a sub-account that follows its main account's block.
    """
    settings = notices.settings_of([profile.partner_id])[profile.partner_id]
    own = {} if follows or not blocked else {profile.name: _reach(profile)}
    subs = [_reach(one) for one in followers] + ([_reach(profile)] if follows and blocked else [])
    sentences = _sentences(settings, profile, own, subs)
    anybody = bool(own or subs)
    return Outlook(
        tuple(sentences),
        anybody and not settings.on,
        profile.partner_public_id,
        f"{settings.on} {settings.sub_accounts} {settings.channels}" if anybody else "",
    )


def _sentences(
    settings: NoticeSettings, profile: Profile, own: dict[str, Reach], subs: Sequence[Reach]
) -> list[Sentence]:
    now = clock.now()
    when = day_and_hour(due_at(now, settings.hour, profile.time_zone), now, profile.time_zone)
    sentences = forecast(settings, profile.partner_name, own, subs, when)
    if settings.on and sentences and Channel.SMS in settings.channels and not sms_ready():
        sentences.append(say("SMS is not configured here, so text messages stay in the outbox."))
    return sentences


def _reach(one: Profile | Follower) -> Reach:
    return Reach(one.email, one.billing_email, one.phone)
