"""The colours of two of the demo's partners, and the logo of one."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from portal.actions.demo.people import CARE, CLUB
from portal.actions.partners import branding
from portal.actions.partners.branding import Wanted
from portal.db.engine import snapshot
from portal.db.partners import settings as partners
from portal.rules.deciding import SYSTEM

COLOURS = {CLUB.name: "#1d5a96", CARE.name: "#7a3e78"}
_SIZE = (600, 132)


def choose() -> None:
    """Give the club its colour, and the carers' agency colour and logo. The carrier keeps the portal's own."""
    known = _known()
    branding.save(SYSTEM, known[CLUB.name], Wanted(COLOURS[CLUB.name]))
    branding.save(SYSTEM, known[CARE.name], Wanted(COLOURS[CARE.name], _logo()))


@snapshot
def _known() -> dict[str, str]:
    return {name: public_id for _, public_id, name in partners.names()}


def _logo() -> io.BytesIO:
    """Two lines of hills in a circle, and the agency's name."""
    drawn = Image.new("RGBA", _SIZE, (0, 0, 0, 0))
    pen, colour = ImageDraw.Draw(drawn), COLOURS[CARE.name]
    pen.ellipse((4, 4, 128, 128), fill=colour)
    for height in (52, 82):
        points = [(18 + 2 * step, height + (-9 if (step // 12) % 2 else 9) * _bow(step % 12)) for step in range(49)]
        pen.line(points, fill="white", width=10, joint="curve")
    first, second = CARE.name.split()
    pen.text((150, 14), first, fill=colour, font=ImageFont.load_default(56))
    pen.text((152, 78), second.upper(), fill="#5a6470", font=ImageFont.load_default(34))
    made = io.BytesIO()
    drawn.save(made, "PNG")
    made.seek(0)
    return made


def _bow(step: int) -> float:
    """How far a wave stands out at a step of twelve."""
    return 1 - ((step - 6) / 6) ** 2
