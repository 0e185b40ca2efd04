"""`flask group`: creating groups and changing who is in them, one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import click

from portal.actions import groups
from portal.actions.groups import Edit, InvitationView, MemberView, NewMember, Outcome, Place, Sheet
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo
from portal.rules.groups import GroupRole
from portal.rules.groups.ends import NO_END, End, NoEnd
from portal.rules.scopes import ALL_SCOPES, Scope

_NO_END = ("none", "never")
"""What `--until` takes to say that there is no end: only these words take one away (G16)."""


class _LastDay(click.ParamType[End]):
    """A day, or that there is none."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> End:
        if isinstance(value, date | NoEnd):
            return value
        if str(value).strip().lower() in _NO_END:
            return NO_END
        day: date = click.DateTime(["%Y-%m-%d"]).convert(value, param, ctx).date()
        return day


class _Scopes(click.ParamType[frozenset[Scope]]):
    """Scopes with commas between them, such as "view,book"."""

    name = "scopes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[Scope]:
        if isinstance(value, frozenset):
            return value
        words = [word.strip().lower() for word in str(value).split(",") if word.strip()]
        unknown = [word for word in words if word not in set(Scope)]
        if unknown or not words:
            found = f"{unknown[0][:40]!r} is not one of" if unknown else "name at least one of"
            self.fail(f"{found} {', '.join(Scope)}.", param, ctx)
        return frozenset(map(Scope, words))


_role = click.Choice([role.value for role in GroupRole], case_sensitive=False)
_label = click.option("--label", metavar="LABEL", help="The relationship: Parent, Nanny, Child, Carer or another.")
_scopes = click.option("--scopes", type=_Scopes(), help=f"What an Admin may do for Dependents: {','.join(Scope)}.")
_until = click.option("--until", type=_LastDay(), metavar="DAY", help="The last day, YYYY-MM-DD, or none for no end.")
_which = click.option("--group", "which", metavar="OWNER", help="Whose group, where the customer is in several.")


@click.group("group")
def group() -> None:
    """Family and care groups: who may act for whom."""


@group.command("create")
@click.argument("owner")
@_label
@as_login
@as_json
@answering
def create(owner: str, label: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Create a group with OWNER as its Owner."""
    _tell(groups.create(acting(acting_as), owner, label or ""), owner, json_wanted)


@group.command("add")
@click.argument("owner")
@click.argument("customer")
@click.option("--role", type=_role, required=True, help="owner transfers the ownership.")
@_label
@_scopes
@_until
@_which
@as_login
@as_json
@answering
def add(
    owner: str,
    customer: str,
    role: str,
    label: str | None,
    scopes: frozenset[Scope] | None,
    until: End | None,
    which: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Add CUSTOMER to the group of OWNER."""
    actor, wanted = acting(acting_as), GroupRole(role)
    _check_scopes(wanted, scopes)
    new = NewMember(customer, wanted, label or "", scopes or ALL_SCOPES, until or NO_END)
    _tell(groups.add_member(actor, groups.find_owned(actor, owner, which), new), customer, json_wanted)


@group.command("role")
@click.argument("customer")
@click.argument("role", type=_role)
@click.option("--label", metavar="LABEL", help="Another label; an empty one takes it away.")
@_scopes
@_until
@_which
@as_login
@as_json
@answering
def change_role(
    customer: str,
    role: str,
    label: str | None,
    scopes: frozenset[Scope] | None,
    until: End | None,
    which: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Give CUSTOMER the role ROLE in its group; owner transfers the ownership."""
    actor, wanted = acting(acting_as), GroupRole(role)
    _check_scopes(wanted, scopes)
    place = groups.find_place(actor, customer, which)
    edit = Edit(
        wanted,
        place.label if label is None else label,
        scopes or (place.scopes if place.edit_role is GroupRole.ADMIN else ALL_SCOPES),
        until,
    )
    done = groups.change_member(actor, place.group, place.member, edit, version=place.version)
    _tell(done, customer, json_wanted)


@group.command("remove")
@click.argument("customer")
@_which
@as_login
@as_json
@answering
def remove(customer: str, which: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Take CUSTOMER out of its group; the last one out dissolves it."""
    actor = acting(acting_as)
    place: Place = groups.find_place(actor, customer, which)
    done = groups.remove_member(actor, place.group, place.member, version=place.version)
    _tell(done, customer, json_wanted)
    if done.alone and not json_wanted:
        echo("Only the Owner is left. Removing the Owner too dissolves the group.")


_reason = click.option("--reason", metavar="REASON", required=True, help="Why. Only staff can read it.")


@group.command("freeze")
@click.argument("subject")
@_reason
@as_login
@as_json
@answering
def freeze(subject: str, reason: str, acting_as: str | None, json_wanted: bool) -> None:
    """Let nobody of a group act for SUBJECT while there is a dispute; staff act."""
    done = groups.freeze(acting(acting_as), subject, reason)
    _tell(Outcome(done.sentence), subject, json_wanted)


@group.command("unfreeze")
@click.argument("subject")
@_reason
@as_login
@as_json
@answering
def unfreeze(subject: str, reason: str, acting_as: str | None, json_wanted: bool) -> None:
    """Let the groups of SUBJECT act for it again."""
    done = groups.unfreeze(acting(acting_as), subject, reason)
    _tell(Outcome(done.sentence), subject, json_wanted)


@group.command("show")
@click.argument("customer")
@_which
@as_login
@as_json
@answering
def show_group(customer: str, which: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Show the group that CUSTOMER is in, whether or not the feature is on."""
    sheet = groups.sheet(acting(acting_as), customer, which)
    if json_wanted:
        show(_as_json(sheet))
    else:
        echo(_as_text(sheet))


def _check_scopes(role: GroupRole, scopes: frozenset[Scope] | None) -> None:
    if scopes is not None and role is not GroupRole.ADMIN:
        raise click.UsageError("--scopes are an Admin’s: an Owner may do everything, a Dependent nothing.")


def _tell(done: Outcome, customer: str, json_wanted: bool) -> None:
    if json_wanted:
        show({"done": str(done.sentence), "group": done.group or None, "customer": customer})
    else:
        echo(f"{done.sentence}.")


def _as_json(sheet: Sheet) -> dict[str, object]:
    return {
        "group": sheet.group.public_id,
        "external_id": sheet.group.external_id,
        "owner": sheet.group.owner_reference,
        "partner": sheet.group.partner_name,
        "on": sheet.group.on,
        "members": [
            {
                "customer": one.reference,
                "name": one.name,
                "role": one.role.value,
                "label": one.label or None,
                "until": one.until.isoformat() if one.until else None,
                "scopes": _in_order(one.scopes),
                **({"frozen": True} if one.frozen else {}),
            }
            for one in sheet.members
        ],
        "invitations": [
            {
                "email": one.email,
                "role": one.role.value,
                "label": one.label or None,
                "until": one.until.isoformat() if one.until else None,
                "scopes": _in_order(one.scopes),
                "expires": one.expires_at.isoformat(),
            }
            for one in sheet.invitations
        ],
    }


def _in_order(scopes: Iterable[Scope]) -> list[str]:
    wanted = set(scopes)
    return [scope.value for scope in Scope if scope in wanted]


def _as_text(sheet: Sheet) -> str:
    found = sheet.group
    key = f" ({found.external_id})" if found.external_id else ""
    rows = [
        ("Group", f"{found.public_id}{key} of {found.owner_name} ({found.owner_reference})"),
        ("Partner", found.partner_name),
    ]
    if not found.on:
        rows.append(("Switched off", f"Groups are off for {found.partner_name}; this one is hidden and grants nothing"))
    rows += [(str(one.role.label), _member_text(one)) for one in sheet.members]
    rows += [("Invited", _invitation_text(one)) for one in sheet.invitations]
    return "\n".join(f"{name:<16} {value}" for name, value in rows)


def _member_text(one: MemberView) -> str:
    parts = [f"{one.name} ({one.reference})", one.label]
    if one.role is GroupRole.ADMIN:
        parts.append("everything" if one.scopes == ALL_SCOPES else "may " + "+".join(_in_order(one.scopes)))
    if one.until:
        parts.append(f"{'ended on' if one.over else 'until'} {one.until.isoformat()}")
    if one.frozen:
        parts.append("guardianship frozen by staff")
    elif one.paused:
        parts.append("of age and has not agreed to being acted for")
    return ", ".join(part for part in parts if part)


def _invitation_text(one: InvitationView) -> str:
    parts = [f"{one.email} as {one.role.label}", one.label, f"until {one.until.isoformat()}" if one.until else ""]
    parts.append(f"{'expired' if one.expired else 'expires'} {one.expires_at:%Y-%m-%d %H:%M} UTC")
    return ", ".join(part for part in parts if part)


COMMANDS = (group,)
