"""Looking after administrators: their roles and exceptions (O4), and that one Super administrator remains (SEC12).

Nobody gives what they do not hold themselves, and nobody changes or disables somebody who may do more.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.staff.roles import allows_more
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.logins import emailed_tokens, sessions
from portal.db.logins import people as logins
from portal.db.staff import administrators as rows
from portal.db.staff import roles as staff_roles
from portal.db.staff.administrators import StaffMember as StaffMember
from portal.outside import clock
from portal.rules.deciding import Actor, AnyRole
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.roles import WORDINGS, Holding, beyond, holdings, in_force, named, unmet
from portal.rules.seen import unchanged
from portal.rules.sentences import Sentence, say, together

NO_EXCEPTIONS: frozenset[Permission] = frozenset()


@dataclass(frozen=True, slots=True)
class PermissionsPage:
    """What somebody may do and where it comes from; `fixed` are permissions that the actor cannot change.

    `mark` is that of what is shown; saving refuses when it has changed since.
    """

    member: StaffMember
    holdings: dict[Permission, Holding]
    fixed: frozenset[Permission]
    mark: str


@snapshot
def list_administrators(actor: Actor) -> list[StaffMember]:
    """Every administrator by name; one bound to a partner sees that partner's."""
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    return rows.everybody(actor.partner_id)


@snapshot
def open_administrator(actor: Actor, login: str) -> StaffMember:
    """One administrator, by the login's public id, to be changed. Raises NotAllowed and Missing."""
    return _changeable(actor, login)


@snapshot
def open_permissions(actor: Actor, login: str) -> PermissionsPage:
    """What one administrator may do, and why. Raises NotAllowed and Missing."""
    member = _member(actor, login)
    return PermissionsPage(
        member,
        holdings(member.role, member.given, member.taken),
        frozenset(WORDINGS) if _is_above(actor, member) else beyond(actor, frozenset(WORDINGS)),
        _mark(member),
    )


def may_change(actor: Actor, member: StaffMember) -> bool:
    """Whether somebody holds nothing that the actor does not hold, so that it may change and disable them."""
    return not beyond(actor, member.permissions)


@writes
def change_role(actor: Actor, login: str, role: str) -> StaffMember:
    """Give an administrator another role, by its word or public id; it counts from their next request on.

    Exceptions beside the old role end. Raises Invalid for an unknown role, Refused for the last Super administrator,
    NotAllowed for what the actor does not hold itself, and Missing.
    """
    member = _changeable(actor, login)
    wanted = _role(role)
    if member.role is Role.SUPER and wanted is not Role.SUPER and (reasons := _the_only_one(member)):
        raise Refused(reasons, say("{name} can’t have another role yet", name=member.name))
    rows.hold(member.id)
    member = _changeable(actor, login)
    if member.role.value != wanted.value:
        gained = in_force(wanted, NO_EXCEPTIONS, NO_EXCEPTIONS) - member.permissions
        access.require_no_more(actor, gained, allows_more(wanted))
        rows.set_role(member.id, wanted)
        audit.record(actor, "administrator.role", _role_text(member, wanted))
    return _member(actor, login)


@writes
def set_permissions(actor: Actor, login: str, wanted: frozenset[Permission], *, mark: str | None = None) -> StaffMember:
    """Let an administrator hold `wanted`: what differs from the role becomes an exception beside it.

    What the actor does not hold stays as it is. Raises Conflict when something changed since `mark`, Invalid for a
    permission without the one it needs, Refused for a Super administrator, NotAllowed and Missing.
    """
    member = _changeable(actor, login)
    rows.hold(member.id)
    member = _changeable(actor, login)
    if member.role is Role.SUPER:
        why = say("{name} is Super administrator, and that role holds every permission.", name=member.name)
        reason = Reason("O4", why, say("Give them another role first."))
        raise Refused([reason], say("Nothing can be taken away or added"))
    stale = say("The permissions of {name} changed since you opened this page. Nothing was saved.", name=member.name)
    unchanged(mark, _mark(member), stale)
    given, taken = _exceptions(actor, member, wanted)
    if (given, taken) != (member.given, member.taken):
        rows.set_exceptions(member.id, given, taken)
        text = say(
            "{name} ({email}), {role}: {exceptions}",
            name=member.name,
            email=member.email,
            role=member.role.label,
            exceptions=_exceptions_text(given, taken),
        )
        values = [sorted(one.value for one in held) for held in (given, taken)]
        audit.record(actor, "administrator.permissions", text, given=values[0], taken=values[1])
    return _member(actor, login)


@writes
def disable(actor: Actor, login: str) -> StaffMember:
    """Stop an administrator from signing in, and end their sessions.

    Raises Refused for the last Super administrator, NotAllowed and Missing.
    """
    member = _changeable(actor, login)
    if refusal := _disable_refusal(member):
        raise refusal
    logins.lock(member.login_id)
    logins.set_disabled(member.login_id, clock.now())
    sessions.end_of_login(member.login_id)
    emailed_tokens.revoke_of_login(member.login_id, member.email)
    text = say("Disabled the administrator {name} ({email})", name=member.name, email=member.email)
    audit.record(actor, "administrator.disable", text)
    return _member(actor, login)


@snapshot
def disable_refusal(actor: Actor, login: str) -> Refused | None:
    """Why an administrator could not be disabled now, for the page that asks. Raises NotAllowed and Missing."""
    return _disable_refusal(_changeable(actor, login))


def _disable_refusal(member: StaffMember) -> Refused | None:
    if member.role is not Role.SUPER or not (reasons := _the_only_one(member)):
        return None
    return Refused(reasons, say("{name} can’t be disabled yet", name=member.name))


@writes
def enable(actor: Actor, login: str) -> StaffMember:
    """Let a disabled administrator sign in again."""
    member = _changeable(actor, login)
    logins.set_disabled(member.login_id, None)
    text = say("Enabled the administrator {name} ({email})", name=member.name, email=member.email)
    audit.record(actor, "administrator.enable", text)
    return _member(actor, login)


def _member(actor: Actor, login: str) -> StaffMember:
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    member = rows.by_login(login)
    if member is None or actor.partner_id not in (None, member.partner_id):
        raise Missing()
    return member


def _changeable(actor: Actor, login: str) -> StaffMember:
    """An administrator who may do nothing that the actor may not. Raises NotAllowed and Missing."""
    member = _member(actor, login)
    access.require_no_more(actor, member.permissions, access.may_do_more(member.name))
    return member


def _is_above(actor: Actor, member: StaffMember) -> bool:
    return member.role is Role.SUPER or not may_change(actor, member)


def _role(word: str) -> AnyRole:
    """A role by its word or public id, kept until the transaction ends so that nobody deletes it meanwhile."""
    if word in {known.value for known in Role}:
        return Role(word)
    found = staff_roles.find(word, keep=True)
    if found is None:
        raise Invalid({"role": say("Choose one of the roles.")})
    return found.role


def _exceptions(
    actor: Actor, member: StaffMember, wanted: frozenset[Permission]
) -> tuple[frozenset[Permission], frozenset[Permission]]:
    """What has to be given and taken beside the role so that `wanted` results. Raises Invalid and NotAllowed."""
    offered = frozenset(WORDINGS)
    stays = beyond(actor, offered)
    access.require_no_more(actor, (wanted & offered) - member.permissions, _this_is_more)
    decided = (wanted & offered) - stays
    given = (decided - member.role.permissions) | (member.given & stays)
    taken = ((member.role.permissions & offered) - decided - stays) | (member.taken & stays)
    if sentences := unmet(decided):
        raise Invalid({"permissions": sentences})
    return given, taken


def _role_text(member: StaffMember, wanted: AnyRole) -> Sentence:
    text = say(
        "{name} ({email}): role changed from {before} to {after}",
        name=member.name,
        email=member.email,
        before=member.role.label,
        after=wanted.label,
    )
    if not member.given and not member.taken:
        return text
    return say("{change}, ending {exceptions}", change=text, exceptions=_exceptions_text(member.given, member.taken))


def _exceptions_text(given: frozenset[Permission], taken: frozenset[Permission]) -> Sentence:
    parts = [say("given {permissions}", permissions=together(*named(given), by=", "))] if given else []
    parts += [say("taken away {permissions}", permissions=together(*named(taken), by=", "))] if taken else []
    return together(*parts, by="; ") or say("no exceptions")


def _this_is_more(permissions: Sentence) -> Sentence:
    return say("This is more than you may do yourself: {permissions}.", permissions=permissions)


def _mark(member: StaffMember) -> str:
    parts = (member.role.permissions, member.given, member.taken)
    return operations.fingerprint([member.role.value, *(sorted(one.value for one in part) for part in parts)])


def _the_only_one(member: StaffMember) -> list[Reason]:
    """SEC12. Only somebody who can sign in and sees every partner can look after everything."""
    if member.partner_id is not None or rows.other_supers(member.id):
        return []
    message = say("{name} is the only Super administrator of every partner who can sign in.", name=member.name)
    return [Reason("SEC12", message, say("Make somebody else one first, and let them choose their password."))]
