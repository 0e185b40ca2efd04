"""Looking after administrators: who there is, their roles, and that one Super administrator always remains (SEC12)."""

from __future__ import annotations

from portal.actions import access
from portal.db import administrators as rows
from portal.db import audit, emailed_tokens, logins, sessions
from portal.db.administrators import StaffMember as StaffMember
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.permissions import Actor, Permission, Role


@snapshot
def list_administrators(actor: Actor) -> list[StaffMember]:
    """Every administrator by name; one bound to a partner sees that partner's."""
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    return rows.everybody(actor.partner_id)


@snapshot
def open_administrator(actor: Actor, login: str) -> StaffMember:
    """One administrator, by the login's public id. Raises NotAllowed and Missing."""
    return _member(actor, login)


@writes
def change_role(actor: Actor, login: str, role: str) -> StaffMember:
    """Give an administrator another role; it counts from their next request on.

    Raises Invalid for an unknown role, Refused for the last Super administrator, NotAllowed and Missing.
    """
    member = _member(actor, login)
    if role not in {known.value for known in Role}:
        raise Invalid({"role": "Choose one of the roles."})
    wanted = Role(role)
    if member.role is Role.SUPER and wanted is not Role.SUPER:
        _keep_one(member, "have another role")
    member = _member(actor, login)
    if member.role is not wanted:
        rows.set_role(member.id, wanted)
        text = f"{member.name} ({member.email}): role changed from {member.role.label} to {wanted.label}"
        audit.record(actor, "administrator.role", text)
    return _member(actor, login)


@writes
def disable(actor: Actor, login: str) -> StaffMember:
    """Stop an administrator from signing in, and end their sessions.

    Raises Refused for the last Super administrator, NotAllowed and Missing.
    """
    member = _member(actor, login)
    if member.role is Role.SUPER:
        _keep_one(member, "be disabled")
    logins.lock(member.login_id)
    logins.set_disabled(member.login_id, clock.now())
    sessions.end_of_login(member.login_id)
    emailed_tokens.revoke_of_login(member.login_id, member.email)
    audit.record(actor, "administrator.disable", f"Disabled the administrator {member.name} ({member.email})")
    return _member(actor, login)


@writes
def enable(actor: Actor, login: str) -> StaffMember:
    """Let a disabled administrator sign in again."""
    member = _member(actor, login)
    logins.set_disabled(member.login_id, None)
    audit.record(actor, "administrator.enable", f"Enabled the administrator {member.name} ({member.email})")
    return _member(actor, login)


def _member(actor: Actor, login: str) -> StaffMember:
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    member = rows.by_login(login)
    if member is None or actor.partner_id not in (None, member.partner_id):
        raise Missing()
    return member


def _keep_one(member: StaffMember, what: str) -> None:
    """SEC12. Only somebody who can sign in and sees every partner can look after everything."""
    if member.partner_id is None and not rows.other_supers(member.id):
        raise Refused(
            [
                Reason(
                    "SEC12",
                    f"{member.name} is the only Super administrator of every partner who can sign in.",
                    "Make somebody else one first, and let them choose their password.",
                )
            ],
            f"{member.name} can’t {what} yet",
        )
