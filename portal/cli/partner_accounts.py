"""`flask partner`: two customers who share balances."""

from __future__ import annotations

import click

from portal.actions.links import partner_accounts
from portal.actions.links.partner_accounts import SharingAnswer, SharingPreview
from portal.cli.answers import acting, answering, as_json, as_login, end_refused, foreseen, show, told
from portal.cli.terminal import echo
from portal.rules.balances import both
from portal.rules.money import Money, format_minor

_preview = click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")


@click.group("partner")
def partner() -> None:
    """Partner accounts: customers who share the balances of one of them."""


@partner.command("link")
@click.argument("primary")
@click.argument("secondary")
@_preview
@as_login
@as_json
@answering
def link(primary: str, secondary: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Let SECONDARY share the balances of PRIMARY, to which what it holds is transferred."""
    actor = acting(acting_as)
    if preview:
        _foresee(partner_accounts.preview_link(actor, primary, secondary), json_wanted)
    else:
        _tell(partner_accounts.link(actor, primary, secondary), json_wanted)


@partner.command("unlink")
@click.argument("customer")
@_preview
@as_login
@as_json
@answering
def unlink(customer: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """End the sharing of balances of CUSTOMER, either of the two. The balances stay with the primary account."""
    actor = acting(acting_as)
    if preview:
        _foresee(partner_accounts.preview_unlink(actor, customer), json_wanted)
    else:
        _tell(partner_accounts.unlink(actor, customer), json_wanted)


def _tell(done: SharingAnswer, json_wanted: bool) -> None:
    if json_wanted:
        show(
            {"done": told(done.sentence), "then": told(done.then), "primary": done.primary, "secondary": done.secondary}
        )
    else:
        echo(f"{told(done.sentence)}. {told(done.then)}")


def _foresee(preview: SharingPreview, json_wanted: bool) -> None:
    """Print a preview; exit 1 when rules refuse what it shows."""
    if json_wanted:
        show(_as_json(preview))
    else:
        echo(told(preview.headline))
        for change in preview.changes:
            echo(f"  {told(change.what)}: {told(change.before)} → {told(change.after)}")
        for move in preview.transfers:
            amount = Money(move.amount_minor, preview.currency)
            echo(f"  Transfer on {move.on}, {move.ledger.label}: {amount} to {preview.primary.name}")
        for one in preview.balances:
            before, after = (format_minor(minor, preview.currency) for minor in (one.before_minor, one.after_minor))
            echo(f"  {one.ledger.label} of {one.customer}: {before} → {after} {preview.currency}")
        if preview.stays is not None:
            echo(f"  Stays with {preview.primary.name}: {both(preview.stays, preview.currency)}")
        for warning in preview.warnings:
            echo(f"  Note: {told(warning)}")
    end_refused(preview.reasons)


def _as_json(preview: SharingPreview) -> dict[str, object]:
    currency = preview.currency
    return {
        **foreseen(preview.headline, preview.changes, preview.warnings, preview.reasons),
        "primary": preview.primary.reference,
        "secondary": preview.secondary.reference,
        "currency": currency,
        "transfers": [
            {"on": t.on.isoformat(), "ledger": t.ledger.value, "amount": format_minor(t.amount_minor, currency)}
            for t in preview.transfers
        ],
        "balances": [
            {
                "customer": one.reference,
                "ledger": one.ledger.value,
                "before": format_minor(one.before_minor, currency),
                "after": format_minor(one.after_minor, currency),
            }
            for one in preview.balances
        ],
        "stays": None if preview.stays is None else format_minor(preview.stays.total_minor, currency),
    }


COMMANDS = (partner,)
