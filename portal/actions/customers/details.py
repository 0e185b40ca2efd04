"""What customers change about themselves, and whoever may act for them: names, address and phone.

Email addresses are not among them: mail with statements and links goes there, so changing one takes more than a form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.customers import changes as profiles
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.rules import seen, texts
from portal.rules.customers.names import Names, full_name
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

EDITED = "customer.details"
LONGEST = {"name": 200, "given_name": 100, "family_name": 100, "phone": 60, "address": 1000}
FIELD_NAMES = MappingProxyType(
    {
        "name": say("full name"),
        "given_name": say("given name"),
        "family_name": say("family name"),
        "phone": say("phone"),
        "address": say("address"),
    }
)


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What can be changed here. A business keeps its name; the address may hold line breaks.

    `name` is the full name, as it stands on statements and letters; given and family name may be empty.
    """

    name: str
    given_name: str
    family_name: str
    phone: str
    address: str


def details_of(profile: Profile) -> ContactDetails:
    """The details as they are, for filling the form."""
    return ContactDetails(profile.name, profile.given_name, profile.family_name, profile.phone, profile.address)


@writes(once=EDITED, answer=tuple[Sentence, ...])
def change(
    actor: Actor, public_id: str, wanted: ContactDetails, *, version: int, once: str | None = None
) -> tuple[Sentence, ...]:
    """Change a customer's details, one's own or on somebody's behalf; the names of what changed.

    `version` is the one the form was opened with. Raises Conflict when the details changed since (R24), Invalid for
    fields, Missing and NotAllowed.
    """
    profile = access.load_subject(actor, public_id)
    grant = access.require(actor, Permission.PROFILE_EDIT, profile)
    wanted = _cleaned(wanted, profile)
    customers.lock([profile.id], exclusive=True)
    profile = customers.by_id(profile.id)
    seen.unchanged(version, profile.version, changed_meanwhile(profile))
    wanted = replace(wanted, name=full_name(_names(details_of(profile)), _names(wanted)))
    before, after = asdict(details_of(profile)), asdict(wanted)
    fields = {name: [before[name], after[name]] for name in FIELD_NAMES if before[name] != after[name]}
    changed = tuple(FIELD_NAMES[name] for name in fields)
    if changed:
        _save(profile, wanted)
        text = say("Changed {fields}", fields=changed)
        audit.record(
            actor, EDITED, text, subject_id=profile.id, grant=grant, version=profile.version + 1, fields=fields
        )
    return changed


def changed_meanwhile(profile: Profile) -> Sentence:
    """What is said to whoever edits details that somebody else has changed in between (R24)."""
    return say("{name} was changed while you were editing. Nothing of yours was saved yet.", name=profile.name)


def _cleaned(wanted: ContactDetails, profile: Profile) -> ContactDetails:
    """The values as they are stored. Raises Invalid for all wrong fields at once."""
    values, wrong = asdict(wanted), {}
    for name, longest in LONGEST.items():
        text = str(values[name]).replace("\r\n", "\n").replace("\x00", "")
        values[name] = _FORMS[name](text)
        if len(values[name]) > longest:
            wrong[name] = say("Use at most {longest} characters here.", longest=longest)
    if profile.kind == "business":
        values |= {"name": profile.name, "given_name": profile.given_name, "family_name": profile.family_name}
    elif not values["name"]:
        wrong["name"] = say("Enter the full name.")
    if wrong:
        raise Invalid(wrong)
    return ContactDetails(**values)


_FORMS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("name", "given_name", "family_name"), texts.name),
    "phone": lambda text: " ".join(text.split()),
    "address": str.strip,
}
"""How each field is written."""


def _names(details: ContactDetails) -> Names:
    return Names(details.name, details.given_name, details.family_name)


def _save(profile: Profile, wanted: ContactDetails) -> None:
    values: dict[str, object] = {
        **asdict(wanted),
        **customers.searchable(
            wanted.name, profile.email, profile.billing_email, wanted.address, profile.external_id, phone=wanted.phone
        ),
    }
    profiles.save(profile.id, values)
