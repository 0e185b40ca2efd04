"""The Account menu: for whom a document on a customer's books can be issued (F3)."""

from __future__ import annotations

from portal.actions import access
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.folding import fold
from portal.db.links import paid
from portal.db.links.paid import Account as Account
from portal.rules import texts
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.suggestions import taken

MOST_SUGGESTED = 20


@snapshot
def choices(actor: Actor, profile: Profile, *, limit: int) -> list[Account]:
    """A loaded customer itself, then at most `limit` of those it pays for: its aggregated sub-accounts, or its
    secondary account. Somebody who is paid for has only itself. Raises NotAllowed.
    """
    access.require(actor, Permission.FINANCE_POST, profile)
    return [_own(profile), *(paid.accounts(profile.id, limit=limit) if profile.payer_id == profile.id else [])]


@snapshot
def find(actor: Actor, profile: Profile, text: str, *, limit: int = MOST_SUGGESTED) -> list[Account]:
    """Those whose name contains `text`, or whose reference or public id it is."""
    access.require(actor, Permission.FINANCE_POST, profile)
    return _find(profile, texts.identifier(text), limit)


@snapshot
def named(actor: Actor, profile: Profile, typed: str) -> Account:
    """The account that was chosen or typed: by its public id, reference or name, or a part of a name that no other has;
    nothing is the customer itself. Raises Invalid for any other, and for a customer that is not paid for here.
    """
    access.require(actor, Permission.FINANCE_POST, profile)
    typed = texts.identifier(typed)
    if not typed or typed in (profile.public_id, profile.reference):
        return _own(profile)
    suggested = taken(typed, lambda text: [_own(profile), *_find(profile, text, MOST_SUGGESTED)], texts.identifier)
    if suggested is not None:
        return suggested
    found = _find(profile, typed, MOST_SUGGESTED)
    exact = [one for one in found if typed in (one.public_id, one.reference)] or [
        one for one in found if one.name == texts.name(typed)
    ]
    if len(exact or found) == 1:
        return (exact or found)[0]
    shown = typed[:60]
    if not found:
        text = say("{payer} pays for no account called “{typed}”.", payer=profile.payer_name, typed=shown)
        raise Invalid({"account": text})
    names = tuple(say("{name} ({reference})", name=one.name, reference=one.reference) for one in found[:5])
    text = say("Several accounts match “{typed}”: {names}. Type one of them in full.", typed=shown, names=names)
    raise Invalid({"account": text})


def _own(profile: Profile) -> Account:
    return Account(profile.public_id, profile.reference, profile.name)


def _find(profile: Profile, text: str, limit: int) -> list[Account]:
    folded = fold(text)
    own = text in (profile.public_id, profile.reference) or folded in fold(profile.name)
    others = paid.accounts(profile.id, text=text, folded=folded, limit=limit) if profile.payer_id == profile.id else []
    return [*([_own(profile)] if own else []), *others][:limit]
