"""Choosing the colour and the logo of a partner's portal, and showing them (O5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from portal.actions import access
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.partners import branding as rows
from portal.db.partners import settings as partners
from portal.outside import pictures
from portal.rules import seen
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.partners.branding import Brand, read_colour
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed and chosen: a colour, a new `picture`, or that the one there is to be taken away."""

    colour: str
    picture: BinaryIO | None = None
    without: bool = False


@snapshot
def brand_of(public_id: str) -> Brand:
    """How a partner's portal looks, for anybody. Raises Missing."""
    found = rows.of_partner(public_id)
    if found is None:
        raise Missing()
    return found


@snapshot
def logo_of(public_id: str) -> bytes:
    """A partner's logo as PNG, for anybody. Raises Missing."""
    found = rows.logo(public_id)
    if found is None:
        raise Missing()
    return found


@snapshot
def of_the_only_one() -> Brand | None:
    """How the portal looks before anybody signs in: as its partner chose, where there is only one."""
    return rows.of_the_only_one()


@snapshot
def open_brand(actor: Actor, public_id: str) -> tuple[Brand, str]:
    """What a partner chose, with the mark of what is shown. Raises NotAllowed and Missing."""
    _partner(actor, public_id)
    found = brand_of(public_id)
    return found, _mark(found)


@writes(once="portal.brand", answer=tuple[Sentence, ...])
def save(
    actor: Actor, public_id: str, wanted: Wanted, *, mark: str | None = None, once: str | None = None
) -> tuple[Sentence, ...]:
    """Change a partner's colour and logo; the names of what changed.

    Raises Invalid for what is no colour or no picture, Conflict when they changed since `mark`, Missing, NotAllowed.
    """
    partner_id, name = _partner(actor, public_id, hold=True)
    before = brand_of(public_id)
    seen.unchanged(mark, _mark(before), say("Somebody else changed this since you opened the page."))
    colour, picture = _read(wanted)
    version = "" if wanted.without else before.logo
    if picture is not None:
        version = hashlib.sha256(picture).hexdigest()[:12]
    fields = {"colour": [before.colour, colour], "logo": [before.logo, version]}
    fields = {field: pair for field, pair in fields.items() if pair[0] != pair[1]}
    changed = tuple({"colour": say("colour"), "logo": say("logo")}[field] for field in fields)
    if fields:
        rows.save(partner_id, colour, version, picture)
        text = say("Portal of {partner}: changed {fields}", partner=name, fields=changed)
        audit.record(actor, "portal.brand", text, partner=public_id, fields=fields)
    return changed


def _read(wanted: Wanted) -> tuple[str, bytes | None]:
    wrong: dict[str, Sentence] = {}
    colour, picture = read_colour(wanted.colour), None
    if colour is None:
        wrong["colour"] = say("Write a colour like #0b5f5a.")
    if wanted.picture is not None and not wanted.without:
        try:
            picture = pictures.logo(wanted.picture)
        except pictures.NoPicture:
            wrong["logo"] = say("Choose a picture as PNG, JPEG or WebP of at most 4 MB.")
    if wrong:
        raise Invalid(wrong)
    return colour or "", picture


def _partner(actor: Actor, public_id: str, *, hold: bool = False) -> tuple[int, str]:
    access.require(actor, Permission.PORTAL_CONFIGURE)
    found = partners.partner(public_id, hold=hold)
    if found is None or actor.partner_id not in (None, found.id):
        raise Missing()
    return found.id, found.name


def _mark(brand: Brand) -> str:
    return operations.fingerprint({"colour": brand.colour, "logo": brand.logo})
