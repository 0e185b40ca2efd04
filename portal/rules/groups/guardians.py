"""Who acts for whom in a group, and what a change of it means: one decision for previews and refusals (G15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.rules.errors import Reason
from portal.rules.groups import GroupRole, Kinship, Rule, lasts
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Place:
    """A member as acting for one another needs to know it; `key` tells members apart.

    `adult` counts whoever has no date of birth, `age_known` says whether there is one. `signs_in` says that somebody
    can sign in for the member now. `consent` is what an adult Dependent agreed to. While it is
    `frozen` staff act (G18).
    """

    key: int
    name: str
    role: GroupRole
    adult: bool = True
    age_known: bool = True
    signs_in: bool = True
    inactive: bool = False
    scopes: frozenset[Scope] = ALL_SCOPES
    until: date | None = None
    consent: frozenset[Scope] | None = None
    frozen: bool = False


Places = Sequence[Place]


def may_act(guardian: Place, dependent: Place, today: date) -> bool:
    """Whether one member has the right to act for another one today (G11, G12, G13)."""
    kin = Kinship(
        group="",
        owner_name="",
        role=guardian.role,
        subject_role=dependent.role,
        scopes=guardian.scopes,
        until=guardian.until,
        subject_until=dependent.until,
        subject_is_adult=dependent.adult,
        consent=dependent.consent,
        frozen=dependent.frozen,
    )
    return not dependent.inactive and kin.live(today) and Scope.VIEW in kin.reach


def acting_for(dependent: Place, places: Places, today: date) -> tuple[Place, ...]:
    """Who acts for a Dependent: with the right to it, and not Inactive."""
    return tuple(one for one in places if not one.inactive and may_act(one, dependent, today))


def alone(places: Places, today: date) -> tuple[Place, ...]:
    """The Dependents without a login for whom nobody of the group may act (G15)."""
    return tuple(one for one in _without_login(places, today) if not acting_for(one, places, today))


def abandoned(before: Places, after: Places, today: date) -> tuple[Place, ...]:
    """The Dependents without a login whom a change leaves with nobody: nobody may act for them any more, or the last
    one goes who signs in and acts for them, now or once ends are reached. Who joins loses nobody.
    """
    known = {one.key: one for one in before}
    alone_before = {one.key for one in alone(before, today)}
    alone_after = {one.key for one in alone(after, today)} - alone_before
    return tuple(
        one
        for one in _without_login(after, today)
        if (was := known.get(one.key)) is not None
        and (one.key in alone_after or any(_loses(was, one, before, after, today, end) for end in (False, True)))
    )


def _loses(was: Place, now: Place, before: Places, after: Places, today: date, for_good: bool) -> bool:
    return _anybody(was, before, today, for_good) and not _anybody(now, after, today, for_good)


def _anybody(dependent: Place, places: Places, today: date, for_good: bool) -> bool:
    acting = (one for one in acting_for(dependent, places, today) if one.signs_in)
    return any(one.until is None for one in acting) if for_good else any(acting)


def _without_login(places: Places, today: date) -> list[Place]:
    dependents = (one for one in places if one.role is GroupRole.DEPENDENT and lasts(one.until, today))
    return [one for one in dependents if not one.signs_in and not one.inactive and not one.frozen]


def abandoning_refusals(before: Places, after: Places, today: date) -> list[Reason]:
    """Why a change of a group cannot be: somebody without a login would be left with nobody who acts for them (G15)."""
    return [
        Reason(
            Rule.GUARDIANS,
            say("{name} has no login, and nobody would be left who acts for them.", name=one.name),
            say("Have somebody else who signs in act for them first, or have the operator invite them to the portal."),
        )
        for one in abandoned(before, after, today)
    ]


def changed(places: Places, member: int, role: GroupRole, **more: object) -> tuple[Place, ...]:
    """The members after one of them takes another role; with the role Owner the former one steps down (G3, G15).

    `more` are other fields of its place.
    """
    if role is GroupRole.OWNER:
        places = [replace(one, role=stepping_down(one.adult)) if one.role is role else one for one in places]
        more |= {"scopes": ALL_SCOPES, "until": None}
    taken = (replace(one, role=role, **more) if one.key == member else one for one in places)  # type: ignore[arg-type]
    return tuple(taken)


def stepping_down(adult: bool) -> GroupRole:
    """What the former Owner becomes (G3): an Admin, unless it should never have been one (G15)."""
    return GroupRole.ADMIN if adult else GroupRole.DEPENDENT


def consequences(before: Places, after: Places, today: date) -> tuple[Sentence, ...]:
    """What a change of roles means: who is what afterwards, who will act for whom, and who no longer will."""
    known = {one.key: one for one in before}
    moved = [one for one in after if one.key not in known or known[one.key].role is not one.role]
    return (
        *(_role(one, known.get(one.key)) for one in moved),
        *_unknown_ages(moved),
        *_differences(before, after, today),
        *_out_of_reach(before, after, today),
    )


def _out_of_reach(before: Places, after: Places, today: date) -> list[Sentence]:
    """Who leaves the group without a login of their own: nobody of it reaches them any more."""
    staying = {one.key for one in after}
    names = tuple(one.name for one in _without_login(before, today) if one.key not in staying)
    if not names:
        return []
    return [
        say(
            "{names} has no login: nobody reaches their pages in the portal then, unless another group or the operator "
            "looks after them.",
            "{names} have no login: nobody reaches their pages in the portal then, unless another group or the "
            "operator looks after them.",
            count=len(names),
            names=names,
        )
    ]


def _role(now: Place, was: Place | None) -> Sentence:
    if was is None:
        return say("{name} joins the group as {role}.", name=now.name, role=now.role.label)
    return say("{name} is {before} now, and becomes {role}.", name=now.name, before=was.role.label, role=now.role.label)


def _unknown_ages(moved: Iterable[Place]) -> list[Sentence]:
    return [age_unknown(one.name) for one in moved if one.role.manages and not one.age_known]


def age_unknown(name: str) -> Sentence:
    """What is said before somebody without a date of birth counts as an adult (G15)."""
    return say("No date of birth of {name} is known: treated as an adult.", name=name)


def _differences(before: Places, after: Places, today: date) -> list[Sentence]:
    """Who will act for whom, and who no longer will; that nothing changes where it is so."""
    then, now = _acts(before, today), _acts(after, today)
    names = {one.key: one.name for one in (*before, *after)}
    texts = []
    for guardian in names:
        more = [names[key] for key in names if (guardian, key) in now - then]
        fewer = [names[key] for key in names if (guardian, key) in then - now]
        if more:
            texts.append(say("{name} will act for {others}.", name=names[guardian], others=tuple(more)))
        if fewer:
            texts.append(say("{name} will no longer act for {others}.", name=names[guardian], others=tuple(fewer)))
    return texts or [say("Nobody begins or ceases to act for anybody.")]


def _acts(places: Places, today: date) -> set[tuple[int, int]]:
    """Who acts for whom, as pairs of keys."""
    return {(one.key, other.key) for other in places for one in acting_for(other, places, today)}
