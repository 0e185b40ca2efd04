"""What the demo people write to the operator and what is kept among their documents (M3, M4)."""

from __future__ import annotations

import io
import struct
import zlib

from portal.actions.documents import adding
from portal.actions.tickets import changing, queue, writing
from portal.db.logins import people as logins
from portal.rules.deciding import Actor
from portal.rules.documents import Audience, Wording
from portal.rules.tickets.states import Priority, TicketState

HOUSE_RULES = """House rules

The hall is open from 7:00 to 22:00. Please leave outdoor shoes at the door.
Children below ten come with somebody who looks after them.
What was found is kept at the front desk for a month.
"""


def tell() -> None:
    """Two tickets, one with an internal note, canned answers, and documents for everybody and for staff alone."""
    company, parent, desk = (_actor(name) for name in ("company", "parent", "frontdesk"))
    line = writing.open_ticket(
        company,
        "demo-branch",
        "Line down since this morning",
        "Since this morning nothing works here. The router blinks orange. We ship at noon, please hurry.",
        [(io.BytesIO(_picture()), "router.png")],
    ).ticket
    changing.give(desk, line, desk.email, Priority.HIGH)
    writing.answer(
        desk,
        line,
        "Good morning. The line is cut outside your building; the road works hit it. A technician is there at 10:00. "
        "Until then your backup over mobile is on: restart the router once.",
    )
    writing.note(
        desk,
        line,
        "The splice is done but the duct is crushed and will fail again with frost. It needs a new one, 12 m. The road "
        "company has signed that they pay.",
    )
    writing.answer(company, line, "It runs again, thank you. Will that last?")
    bicycles = writing.open_ticket(
        parent, "demo-parent", "A place for bicycles", "Is there a place to lock bicycles at the hall?"
    ).ticket
    writing.answer(
        desk, bicycles, "There is, behind the hall, under the roof. The gate opens with the code of your pass."
    )
    changing.set_state(parent, bicycles, TicketState.SOLVED)
    queue.keep_canned(
        desk, "Restart the router", "Please switch the router off, wait a minute, and switch it on again."
    )
    queue.keep_canned(desk, "We look into it", "Thank you for writing. We look into it and answer today.")
    _keep(desk, "demo-parent", HOUSE_RULES, "house-rules.txt", Wording("House rules", "Club"))
    _keep(
        desk, "demo-company", "Paid late twice in spring.\n", "note.txt", Wording("Payment habits", "", Audience.STAFF)
    )


def _keep(actor: Actor, customer: str, text: str, name: str, wording: Wording) -> None:
    adding.add(actor, customer, io.BytesIO(text.encode()), name, wording)


def _actor(name: str) -> Actor:
    person = logins.by_email(f"{name}@demo.example")
    assert person is not None
    return person.actor


def _picture(size: int = 120) -> bytes:
    """A router by night: a dark square with an orange light."""
    rows = b"".join(
        b"\0"
        + b"".join(b"\xff\x8c\x1a" if (x - 84) ** 2 + (y - 60) ** 2 < 90 else b"\x24\x2a\x33" for x in range(size))
        for y in range(size)
    )
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    pieces = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in pieces
    )
