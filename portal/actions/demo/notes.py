"""What the demo's club wrote to everybody: news in the portal or by email, and a template."""

from __future__ import annotations

from portal.actions.demo import people
from portal.actions.messages import posting, sending, templates
from portal.actions.messages.sending import Wanted
from portal.rules.deciding import SYSTEM
from portal.rules.messages.filters import from_names
from portal.rules.messages.states import MessageKind, Way

CLOSED = "Hello {first name},\n\nthe pool is closed on this day. What {people} booked is given back by itself."
NEWS = (
    "Hello {first name},\n\nfrom January on there is swimming on Saturdays at 8:00, for whoever likes an empty pool."
    "\n\nPlaces are free for {people}."
)


def write() -> None:
    """Write it, once."""
    templates.keep(SYSTEM, None, "Closed for a day", "The pool is closed", CLOSED)
    to = from_names({"partner": people.CLUB.name, "status": "active"})
    early = Wanted(
        MessageKind.NEWS, to, "Early swimming on Saturdays", NEWS, ways=(Way.PORTAL, Way.EMAIL), external_id="demo-news"
    )
    sending.send(SYSTEM, early)
    posting.post_due()
