"""Who is concerned when something is booked: for whom, by whom, and on whose books (B1, B6, B12)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.groups import members as groups
from portal.db.logins import people as logins
from portal.outside import clock
from portal.rules.bookings import payers
from portal.rules.bookings.facts import PersonFacts
from portal.rules.bookings.payers import Parties
from portal.rules.bookings.states import BookingPayer
from portal.rules.deciding import Actor, Grant, Source
from portal.rules.errors import Missing, Reason
from portal.rules.groups import lasts
from portal.rules.permissions import Permission
from portal.rules.sentences import say

TRIES = 5


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a booking is for and by which right, who books it (None: staff), and through whom it could be charged.

    `payers` are the customers that pay for subject, booker and Owner, by the key of each of these.
    """

    subject: Profile
    grant: Grant
    booker: Profile | None
    parties: Parties
    payers: Mapping[int, Profile]

    @property
    def ids(self) -> set[int]:
        """Everybody to hold while something is booked."""
        own = {self.subject.id, *self.payers, *(one.id for one in self.payers.values())}
        return own | ({self.booker.id} if self.booker else set())

    def payer(self, wanted: BookingPayer) -> Profile:
        """On whose books it comes (B6)."""
        fixed = self.subject.settings.booking_payer
        key = payers.customer_of(payers.through(wanted, fixed, self.parties), self.parties)
        return self.payers[key if key is not None else self.subject.id]

    def payer_reasons(self, wanted: BookingPayer) -> list[Reason]:
        """Why what was chosen cannot be followed."""
        return payers.reasons(wanted, self.subject.settings.booking_payer, self.parties)


def person_of(profile: Profile) -> PersonFacts:
    """A customer as the rules of bookings take it."""
    status = profile.status
    because = (profile.main_name or "") if status.imposed else ""
    return PersonFacts(profile.id, profile.name, profile.public_id, status.status, because, profile.born_on)


def subjects(actor: Actor, references: Iterable[str], permission: Permission) -> dict[str, tuple[Profile, Grant]]:
    """The customers that are named, each with the right by which the actor acts. Raises Missing and NotAllowed.

    `permission` is the customers'; administrators need that of the desk.
    """
    wanted = list(dict.fromkeys(references))
    known = customers.by_references(wanted)
    found = {}
    for reference in wanted:
        if reference not in known:
            raise Missing(say("There is no customer “{reference}”.", reference=reference[:100]))
        needed = Permission.BOOKINGS_DESK if actor.is_staff else permission
        found[reference] = (known[reference], access.require(actor, needed, known[reference]))
    return found


def concerned(actor: Actor, subject: Profile, grant: Grant, *, booker_id: int | None = None) -> Concerned:
    """Who is concerned where a subject is booked. `booker_id` is who joined a waiting list, else the actor's own."""
    key = actor.customer_id if booker_id is None else booker_id
    owner = _owner(subject, grant)
    needed = {one for one in (key, owner, subject.id) if one is not None}
    known = {**customers.by_ids(needed - {subject.id}), subject.id: subject}
    paying = {one.payer_id for one in known.values()} - known.keys()
    all_known = {**known, **(customers.by_ids(paying) if paying else {})}
    signs_in = key in (None, subject.id) or any(one.may_sign_in for one in logins.of_customer(subject.id))
    return Concerned(
        subject,
        grant,
        None if key is None else known[key],
        Parties(subject.id, subject.name, key, owner, signs_in),
        {one.id: all_known[one.payer_id] for one in known.values()},
    )


def _owner(subject: Profile, grant: Grant) -> int | None:
    """The Owner of the group somebody acts through, or of the subject's own; None without a group."""
    if not subject.settings.groups_on:
        return None
    if grant.source in (Source.GROUP, Source.CARER) and grant.reference:
        group = groups.find(grant.reference)
        return None if group is None else group.owner_id
    today = clock.today(subject.time_zone)
    for one in groups.memberships(subject.id):
        if one.on and lasts(one.until, today):
            found = groups.by_id(one.group_id)
            return None if found is None else found.owner_id
    return None


def held(read: Callable[[], Sequence[Concerned]], others: Collection[int] = ()) -> Sequence[Concerned]:
    """Hold everybody concerned, and `others`, until the transaction ends, and answer them as `read` finds them then.

    Customers are held before sessions, memberships and the books, so that no payer changes under a charge. Who pays may
    have changed until they were held: so it is read again, and whoever came to it is held as well.
    """
    found = read()
    for _ in range(TRIES):
        ids = {key for one in found for key in one.ids} | set(others)
        customers.lock(ids, exclusive=True)
        if customers.locks_are_final():
            return found
        found = read()
        if {key for one in found for key in one.ids} <= ids:
            return found
    raise AssertionError("links change faster than we can book")
