"""What a change of a service or of a membership comes to, as JSON has it."""

from __future__ import annotations

from portal.actions.memberships.effects import Effect as MembershipEffect
from portal.actions.memberships.effects import Upcoming
from portal.actions.services.effects import Effect as ServiceEffect
from portal.cli.answers import figure


def comes_to(effect: MembershipEffect | ServiceEffect) -> dict[str, object]:
    """The amounts of days, their sum, what is billed next, and the documents that carry them."""
    currency = effect.currency
    return {
        "amounts": [
            {
                "from": one.days.first.isoformat(),
                "to": one.days.last.isoformat(),
                "days": one.number,
                "of": one.of,
                "net": figure(one.net, currency),
                "tax": figure(one.tax, currency),
                "gross": figure(one.gross, currency),
            }
            for one in effect.amounts
        ],
        "sum": figure(effect.total, currency),
        "next": billed_next(effect.upcoming, currency),
        "documents": [one.number for one in effect.documents],
    }


def billed_next(upcoming: Upcoming | None, currency: str) -> dict[str, str] | None:
    """What the billing run charges next, and when; None where nothing follows."""
    return {"date": upcoming.on.isoformat(), "amount": figure(upcoming.minor, currency)} if upcoming else None
