"""Reading the boxes of permissions that a form has ticked."""

from __future__ import annotations

from wtforms import SelectMultipleField

from portal.rules.permissions import Permission
from portal.rules.roles import WORDINGS, named
from portal.rules.sentences import Sentence, say


def ticked(field: SelectMultipleField) -> frozenset[Permission]:
    """The permissions that are ticked; words that are none are left out, as the field's own check names them."""
    words = frozenset(field.data or ())
    return frozenset(permission for permission in WORDINGS if permission.value in words)


def differing(stored: frozenset[Permission], typed: frozenset[Permission]) -> list[tuple[Sentence, Sentence, Sentence]]:
    """Where what is stored now and a form differ, for whoever was second: what it is about, stored, in the form."""
    return [(name, say("Allowed"), say("Not allowed")) for name in named(stored - typed)] + [
        (name, say("Not allowed"), say("Allowed")) for name in named(typed - stored)
    ]
