"""What stands around every page: who is signed in, whom they act for, and where they can go.

The frame of a portal page costs one query; a fragment and a page of the back office cost none, the door one a minute.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, g, request, url_for

from portal.actions.access import Profile
from portal.actions.customers import people as actions
from portal.actions.customers.people import Person, Standing
from portal.actions.logins import SignedIn
from portal.outside import clock
from portal.rules.deciding import Grant, Source, decide
from portal.rules.links.facts import BillingMode
from portal.rules.partners.branding import Brand
from portal.rules.permissions import FINANCE, Permission
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.web import beginning, guard
from portal.web.addresses import address, alike
from portal.web.brand import at_the_door, logo_url, style_url
from portal.web.logins import stale
from portal.web.places import Place, parts, places
from portal.web.session import current, signed_in_unless_fault

RELATIONS = {
    BillingMode.AGGREGATED: say("your sub-account"),
    BillingMode.INDEPENDENT: say("your sub-account, billed separately"),
}


@dataclass(frozen=True, slots=True)
class Ends:
    """When the session ends by itself, in seconds from now; `warn` so many seconds before it is said. `may_stay` says
    whether using the portal puts it off.
    """

    seconds: int
    warn: int
    may_stay: bool


@dataclass(frozen=True, slots=True)
class Me:
    """The signed-in person; `customer_name` and `public_id` are the customer's, empty for staff."""

    name: str
    email: str
    is_staff: bool
    customer_name: str
    public_id: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The customer a page is about, as the frame shows it. `scopes_line` is `scopes_text` to begin a sentence with."""

    name: str
    public_id: str
    is_self: bool
    relation: Sentence = NOTHING
    scopes_text: Sentence = NOTHING
    scopes_line: Sentence = NOTHING
    switch_back_url: str = "/"


@dataclass(frozen=True, slots=True)
class PersonLink:
    """An entry of the person switcher; `place` is a Dependent's place in its group."""

    public_id: str
    name: str
    relation: Sentence
    url: str
    current: bool
    place: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What a partner chose for its portal: its name, and the addresses of its colours and its logo, or empty."""

    name: str
    style: str
    logo: str


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the main navigation."""

    label: Sentence
    icon: str
    url: str
    current: bool


WARNED = 120
"""Seconds before the end of a session in which there is a warning."""

ROOM = 5
"""So many places fit on a phone. With more of them those that a menu leads to as well are left out, and what still does
not fit is behind "More"."""


def register(app: Flask) -> None:
    """Give the templates of `app` their context and globals."""
    app.context_processor(frame)
    app.after_request(add_end)
    app.add_template_global(stale.seal, "form_seal")
    for function in (address, can, once, stale.opened_version, stale.restored):
        app.add_template_global(function)


def frame() -> dict[str, object]:
    """The variables around every page: brand, me, subject, nav, people, people_more_url, account_url, theme."""
    shared: dict[str, object] = {"theme": "system"}
    signed_in = signed_in_unless_fault()
    if signed_in is None:
        return shared | {
            "brand": _door_brand(),
            "me": None,
            "subject": None,
            "nav": [],
            "people": [],
            "people_more_url": "",
        }
    shared["me"] = Me(
        signed_in.name,
        signed_in.email,
        signed_in.is_staff,
        signed_in.customer_name or "",
        signed_in.customer_public_id or "",
    )
    shared["ends"] = ends(signed_in)
    shared["viewing"] = signed_in.viewing
    if signed_in.is_staff:
        return shared | _staff_frame(signed_in)
    return shared | _portal_frame(signed_in)


def ends(signed_in: SignedIn) -> Ends:
    """When the session ends; people are warned two minutes before, or in the last third of a short one (WCAG 2.2.1)."""
    seconds = max(0, int((signed_in.ends_at - clock.now()).total_seconds()))
    return Ends(seconds, min(WARNED, seconds // 3), signed_in.may_stay)


def add_end(response: Response) -> Response:
    """Let a page hear with each part of it that the session lasts longer now."""
    if wants_fragment() and (signed_in := signed_in_unless_fault()) is not None:
        left = ends(signed_in)
        response.headers["Session-Ends"] = f"{left.seconds} {left.warn} {int(left.may_stay)}"
    return response


def standing() -> Standing:
    """Where the signed-in customer stands among links, asked for once a request."""
    if "standing" not in g:
        g.standing = actions.standing(guard.actor())
    found: Standing = g.standing
    return found


def wants_fragment() -> bool:
    """Whether htmx asks for a part of a page: a boosted link or a restored history entry gets all of it."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def _portal_frame(signed_in: SignedIn) -> dict[str, object]:
    subject = _subject(signed_in)
    values: dict[str, object] = {
        "subject": subject,
        "account_url": url_for("account.view"),
        "brand": _shown(signed_in.brand),
    }
    if wants_fragment():
        return values | {"nav": [], "people": [], "people_more_url": ""}
    found = standing()
    return values | {
        "nav": _own_nav(signed_in, found) if subject.is_self else _acting_nav(),
        "people": _people(signed_in, found, subject),
        "people_more_url": url_for("people.index") if found.more else "",
    }


def _door_brand() -> Look | None:
    """How the door looks: as the only partner chose."""
    found = None if wants_fragment() else at_the_door()
    return _shown(found) if found is not None else None


def _shown(brand: Brand) -> Look | None:
    return Look(brand.name, style_url(brand), logo_url(brand)) if brand.is_set else None


def _staff_frame(signed_in: SignedIn) -> dict[str, object]:
    return {
        "subject": None,
        "nav": [_item(place, own=True) for place in places("STAFF") if signed_in.actor.has(place.permission)],
        "people": [],
        "people_more_url": "",
        "account_url": url_for("account.staff_view"),
        "search_url": url_for("staff_customers.search"),
    }


def _subject(signed_in: SignedIn) -> Subject:
    profile = g.get("subject")
    if profile is None:
        return Subject(signed_in.customer_name or signed_in.name, signed_in.customer_public_id or "", True)
    if g.get("subject_is_self", True):
        return Subject(profile.name, profile.public_id, True)
    return Subject(
        profile.name,
        profile.public_id,
        False,
        _relation_of(profile, g.grant),
        *_seen(),
        beginning.page(),
    )


def _relation_of(profile: Profile, grant: Grant) -> Sentence:
    """Why somebody may act for the customer of this page, and until when."""
    if grant.source is Source.MAIN_ACCOUNT:
        return RELATIONS.get(profile.mode, NOTHING) if profile.mode else NOTHING
    words = verbatim(grant.relation) if grant.relation else say("your dependent")
    return say("{relation}, until {day}", relation=words, day=grant.until) if grant.until else words


def relation(person: Person) -> Sentence:
    """How somebody that can be acted for stands to the signed-in customer."""
    if person.mode is not None:
        return RELATIONS[person.mode]
    signed_in = current()
    own = signed_in is not None and person.owner == signed_in.customer_name
    label = verbatim(person.label) if person.label else say("Dependent")
    return label if own else say("{label}, in the group of {owner}", label=label, owner=person.owner)


def _seen() -> tuple[Sentence, Sentence]:
    """What can be seen of somebody else, as far as there are pages for it: inside a sentence, and at its beginning."""
    shown = [place for place in places("WHEN_ACTING") if place.seen and guard.may(place.permission)]
    shown.sort(key=lambda place: place.permission in FINANCE)  # what concerns money comes last
    if not shown:
        return say("you can see nothing"), say("You can see nothing")
    pages = tuple(place.seen for place in shown)
    return say("you can see {pages}", pages=pages), say("You can see {pages}", pages=pages)


def _own_nav(signed_in: SignedIn, standing: Standing) -> list[NavItem]:
    allowed = [
        place
        for place in places("OWN")
        if decide(signed_in.actor, place.permission, standing.facts) and place.where(standing)
    ]
    if len(allowed) > ROOM:
        allowed = [place for place in allowed if not place.elsewhere]
    return [_item(place, own=True) for place in allowed]


def _acting_nav() -> list[NavItem]:
    return [_item(place) for place in places("WHEN_ACTING") if guard.may(place.permission)]


def _item(place: Place, *, own: bool = False) -> NavItem:
    url = url_for(place.endpoint) if own else address(place.endpoint)
    part = _part(request.endpoint or "")
    return NavItem(place.label, place.icon, url, parts().get(part, part) == _part(place.endpoint))


def _part(endpoint: str) -> str:
    return endpoint.partition(".")[0]


def _people(signed_in: SignedIn, found: Standing, subject: Subject) -> list[PersonLink]:
    """Oneself and whom one may open. Somebody who is not among the first ones is added while acted for."""
    now = subject.public_id
    own_id, own_name = signed_in.customer_public_id or "", signed_in.customer_name or signed_in.name
    people = [
        PersonLink(own_id, own_name, say("yourself"), _own_section(signed_in, found), subject.is_self),
        *(
            PersonLink(
                one.public_id, one.name, relation(one), _section_of(signed_in, one), one.public_id == now, one.place
            )
            for one in found.people
        ),
    ]
    if not any(person.current for person in people):
        people.insert(1, PersonLink(now, subject.name, subject.relation, home_of(now), True))
    return people


def _own_section(signed_in: SignedIn, standing: Standing) -> str:
    """The part of one's own pages that is like the one that is open now, where one has it; else Home."""
    place = _section("OWN")
    if place is not None and decide(signed_in.actor, place.permission, standing.facts) and place.where(standing):
        return url_for(place.endpoint)
    return url_for("home.index")


def _section_of(signed_in: SignedIn, person: Person) -> str:
    """The same part of somebody else's pages, where one may go there; else their overview."""
    place = _section("WHEN_ACTING")
    if place is not None and person.facts is not None and decide(signed_in.actor, place.permission, person.facts):
        return _first_page(place.endpoint, person.public_id)
    return home_of(person.public_id)


def _section(name: str) -> Place | None:
    """The place among `name` that the page that is open belongs to."""
    part = _part(request.endpoint or "")
    part = parts().get(part, part)
    return next((place for place in places(name) if _part(place.endpoint) == part), None)


def home_of(public_id: str) -> str:
    """The address where a customer's pages begin for whoever acts for it."""
    return _first_page("home.overview", public_id)


def _first_page(endpoint: str, public_id: str) -> str:
    """The address of a page of somebody acted for; the pattern of each page is put together once a request."""
    patterns: dict[str, Callable[[str], str]] = g.setdefault("patterns", {})
    if endpoint not in patterns:
        patterns[endpoint] = alike(lambda subject: url_for(endpoint, subject=subject))
    return patterns[endpoint](public_id)


def can(permission: str) -> bool:
    """Whether the signed-in person may, over the customer of this page; `permission` as in "statements.send"."""
    return guard.may(Permission(permission))


def once() -> str:
    """A fresh idempotency key for a form."""
    return uuid.uuid4().hex
