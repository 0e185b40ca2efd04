"""`flask customer show`, `status`, `remove` and `flask can`: one customer, and who may do what for it."""

from __future__ import annotations

from dataclasses import asdict

import click

from portal.actions.customers import adding
from portal.actions.customers import removal as customer_removal
from portal.actions.customers import show as actions
from portal.actions.customers import status as customer_status
from portal.actions.customers.removal import RemovalPreview
from portal.actions.customers.show import CustomerSheet, Membership
from portal.actions.customers.status import StatusPreview
from portal.actions.links.previews import Change
from portal.cli.answers import acting, answering, as_json, as_login, end_refused, foreseen, show, told
from portal.cli.terminal import echo
from portal.rules.customers.status import BillingType, Kind, Status
from portal.rules.deciding import SYSTEM, Grant
from portal.rules.money import format_minor
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say, verbatim


@click.group("customer")
def customer() -> None:
    """Customers."""


@customer.command("show")
@click.argument("reference", metavar="CUSTOMER")
@as_json
@answering
def show_customer(reference: str, json_wanted: bool) -> None:
    """Show CUSTOMER (external or public id): status, billing, links, balances."""
    sheet = actions.customer_sheet(SYSTEM, reference)
    if json_wanted:
        show(_as_json(sheet))
    else:
        echo(_as_text(sheet))


def _as_json(sheet: CustomerSheet) -> dict[str, object]:
    profile, status = sheet.profile, sheet.profile.status
    return {
        "external_id": profile.external_id,
        "public_id": profile.public_id,
        "name": profile.name,
        "kind": profile.kind,
        "partner": profile.partner_name,
        "currency": profile.currency,
        "status": {
            "own": profile.own_status.value,
            "effective": status.status.value,
            "because_of": sheet.main_reference if status.imposed else None,
            "cause": profile.blocked_cause.value if profile.blocked_cause else None,
        },
        "billing": {
            "type": profile.billing_type,
            "own_day": profile.own_billing_day,
            "effective_day": profile.billing_day,
        },
        "payer": profile.payer_reference,
        "main": {"customer": sheet.main_reference, "mode": profile.mode.value} if profile.mode else None,
        "sub_accounts": [{"customer": sub, "mode": mode.value} for sub, mode in sheet.sub_accounts],
        "management": profile.manages_sub_accounts,
        "partner_account": (
            {"customer": sheet.mate_reference, "primary": not profile.is_secondary} if profile.mate_id else None
        ),
        "groups": [
            {
                "owner": one.owner_reference,
                "role": one.role.value,
                "label": one.label or None,
                "until": one.until.isoformat() if one.until else None,
            }
            for one in sheet.groups
        ],
        "balance": _balance(sheet),
        "future_items": format_minor(sheet.waiting_minor, profile.currency),
    }


def _balance(sheet: CustomerSheet) -> dict[str, str]:
    currency, balances = sheet.profile.currency, sheet.balances
    return {
        "house_account": format_minor(balances.house_minor, currency),
        "customer_credit": format_minor(balances.credit_minor, currency),
        "total": format_minor(balances.total_minor, currency),
    }


def _as_text(sheet: CustomerSheet) -> str:
    profile, balance = sheet.profile, _balance(sheet)
    status = profile.status
    follows = f" (own: {profile.own_status.label}; follows {profile.main_name})" if status.imposed else ""
    rows = [
        ("Customer", f"{profile.name} ({profile.reference})"),
        ("Kind", profile.kind),
        ("Partner", profile.partner_name),
        ("Status", f"{status.status.label}{follows}"),
        ("Billing", f"{profile.billing_type}, day {profile.billing_day}"),
        ("Pays", f"{profile.payer_name} ({profile.payer_reference})"),
        *_links(sheet),
        ("House Account", f"{balance['house_account']} {profile.currency}"),
        ("Customer Credit", f"{balance['customer_credit']} {profile.currency}"),
        ("Future items", f"{format_minor(sheet.waiting_minor, profile.currency)} {profile.currency}"),
    ]
    return "\n".join(f"{name:<16} {value}" for name, value in rows)


def _links(sheet: CustomerSheet) -> list[tuple[str, str]]:
    profile = sheet.profile
    rows = []
    if profile.mode:
        rows.append(("Main account", f"{profile.main_name} ({sheet.main_reference}), {profile.mode}"))
    if sheet.sub_accounts:
        names = ", ".join(f"{sub} ({mode})" for sub, mode in sheet.sub_accounts[:20])
        more = len(sheet.sub_accounts) - 20
        rows.append(("Sub-accounts", names + (f" and {more} more" if more > 0 else "")))
        rows.append(("Management", "on" if profile.manages_sub_accounts else "off"))
    if profile.mate_id:
        part = "secondary" if profile.is_secondary else "primary"
        rows.append(("Partner account", f"{profile.mate_name} ({sheet.mate_reference}); this one is the {part}"))
    rows += [("Group", _membership(one)) for one in sheet.groups]
    return rows


def _membership(one: Membership) -> str:
    parts = [str(one.role.label), one.label, f"until {one.until.isoformat()}" if one.until else ""]
    return f"of {one.owner_name} ({one.owner_reference}), as {', '.join(part for part in parts if part)}"


@customer.command("add")
@click.option("--name", required=True, help="The whole name, as it is printed.")
@click.option("--partner", default="", help="A new one is made; your own, or Default, when it is left out.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default=None, help="individual by default")
@click.option("--external-id", default="", help="Your number for it.")
@click.option("--given-name", default="")
@click.option("--family-name", default="")
@click.option("--born-on", default="", metavar="YYYY-MM-DD")
@click.option("--email", default="")
@click.option("--billing-email", default="")
@click.option("--phone", default="")
@click.option(
    "--status", type=click.Choice([status.value for status in Status]), default=None, help="active by default"
)
@click.option("--billing-type", type=click.Choice([kind.value for kind in BillingType]), default=None)
@click.option("--billing-day", default="", metavar="DAY")
@click.option("--currency", default="")
@click.option("--anyway", is_flag=True, help="A likely double is somebody else.")
@as_login
@as_json
@answering
def add(anyway: bool, acting_as: str | None, json_wanted: bool, **given: str | None) -> None:
    """Add a customer, as one row of the customers import; a likely double is refused (C5) unless --anyway."""
    columns = {name: value.strip() for name, value in given.items() if value}
    made = adding.add(acting(acting_as), columns, anyway=anyway)
    if json_wanted:
        show(
            {
                "external_id": made.external_id,
                "public_id": made.public_id,
                "name": made.name,
                "partner": made.partner,
            }
        )
    else:
        echo(f"{made.name} is a customer of {made.partner} now ({made.reference}).")


@customer.command("status")
@click.argument("reference", metavar="CUSTOMER")
@click.argument("status", type=click.Choice([status.value for status in Status]), metavar="STATUS")
@click.option("--reason", default="", help="Why, for staff alone.")
@click.option("--preview", is_flag=True, help="Say what would change and who follows, and change nothing.")
@as_login
@as_json
@answering
def set_status(
    reference: str, status: str, reason: str, preview: bool, acting_as: str | None, json_wanted: bool
) -> None:
    """Set the own status of CUSTOMER (external or public id): new, active, blocked or inactive.

    Aggregated sub-accounts follow where the new status is the stricter one.
    """
    actor, to = acting(acting_as), Status(status)
    public_id = actions.public_id_of(actor, reference)
    shown = customer_status.preview(actor, public_id, to)
    if not preview:
        customer_status.change(actor, public_id, to, reason=reason, mark=shown.mark)
    if json_wanted:
        ahead = foreseen(shown.headline, shown.changes, shown.notes) if preview else {}
        show(ahead | _status_as_json(shown))
    else:
        echo(_status_as_text(shown, preview))


def _status_as_json(shown: StatusPreview) -> dict[str, object]:
    return {
        "customer": shown.profile.reference,
        "before": shown.profile.own_status.value,
        "after": shown.to.value,
        "effective": shown.effective.value,
        "followers": [
            {"customer": turn.sub.reference, "before": turn.before.value, "after": turn.after.value}
            for turn in shown.follow
        ],
        "kept": [{"customer": sub.reference, "because": told(because)} for sub, because in shown.keep],
        "told": list(map(told, shown.told.sentences)),
    }


def _status_as_text(shown: StatusPreview, preview: bool) -> str:
    profile = shown.profile
    if profile.own_status is shown.to:
        return f"{profile.name} is {shown.to.label} already."
    lines = [f"{profile.name}: own status {profile.own_status.label} → {shown.to.label}"]
    if preview:
        lines += [f"  Note: {told(note)}" for note in shown.notes]
    elif shown.effective is not shown.to:
        lines.append(f"  Note: it shows as {shown.effective.label}, which {profile.main_name} imposes.")
    lines += [f"  {t.sub.name} ({t.sub.reference}): {t.before.label} → {t.after.label}" for t in shown.follow]
    lines += [f"  {sub.name} ({sub.reference}) {told(because)}" for sub, because in shown.keep]
    lines += [f"  {told(sentence)}" for sentence in shown.told.sentences]
    return "\n".join(lines)


@customer.command("remove")
@click.argument("reference", metavar="CUSTOMER")
@click.option("--preview", is_flag=True, help="Say what ties it or what would be erased, and change nothing.")
@as_login
@as_json
@answering
def remove_customer(reference: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Remove CUSTOMER (external or public id) for good: erase the person, and keep the books under a pseudonym.

    It must be Inactive, settled, without services, and tied to nobody.
    """
    actor = acting(acting_as)
    if preview:
        _foresee_removal(customer_removal.preview(actor, reference), json_wanted)
        return
    done = customer_removal.remove(actor, reference)
    if json_wanted:
        show(asdict(done))
    else:
        echo(f"Removed. The books name it {done.name} ({done.customer}).")


def _foresee_removal(shown: RemovalPreview, json_wanted: bool) -> None:
    """Print what removing would do; exit 1 when something ties the customer."""
    profile, extent = shown.profile, asdict(shown.extent)
    if json_wanted:
        renamed = [Change(say("Name"), verbatim(profile.name), verbatim(shown.pseudonym))]
        ahead = foreseen(say("Remove {name}", name=profile.name), renamed, reasons=shown.reasons)
        show(ahead | {"customer": profile.reference, "name": shown.pseudonym, **extent})
    elif not shown.reasons:
        echo(f"{profile.name} ({profile.reference}) would be removed; its books would name it {shown.pseudonym}.")
        echo(f"  Erased: its details, {_figures(extent, 'logins', 'documents', 'mails')}")
        echo(f"  Kept: {_figures(extent, 'entries')}")
    end_refused(shown.reasons)


def _figures(extent: dict[str, int], *names: str) -> str:
    return ", ".join(f"{name}: {extent[name]}" for name in names)


_WANTED: dict[str, Permission | Scope] = {word.value: word for kind in (Permission, Scope) for word in kind}
"""What `flask can` may be asked: a permission, or a scope as a grant has it."""


@click.command("can")
@click.argument("email", metavar="LOGIN")
@click.argument("permission", type=click.Choice(list(_WANTED)), metavar="PERMISSION")
@click.argument("reference", metavar="CUSTOMER")
@as_json
@answering
def can(email: str, permission: str, reference: str, json_wanted: bool) -> None:
    """Say whether LOGIN holds PERMISSION for CUSTOMER, through which grant, and until when.

    PERMISSION is one of those the audit log names, or a scope: view, book, order, documents, tickets or finance.
    """
    decision = actions.weigh_login(email, _WANTED[permission], reference)
    grant = decision.grant if decision else None
    reason = str(decision.sentence) or ("" if decision else f"{email} has no right to {reference}.")
    if json_wanted:
        answer = {"allowed": bool(decision), "grant": grant.source.value if grant else None, "reason": reason}
        show(answer | _details(grant))
    elif grant:
        echo(f"yes, as {grant.source.value}" + (f" until {grant.until.isoformat()}" if grant.until else ""))
    else:
        echo(f"no: {reason}")


def _details(grant: Grant | None) -> dict[str, str]:
    """When a grant ends, and the group it is from, where it has them."""
    found = {}
    if grant and grant.until:
        found["until"] = grant.until.isoformat()
    if grant and grant.reference:
        found["group"] = grant.reference
    return found


COMMANDS = (customer, can)
