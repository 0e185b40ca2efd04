"""Who is to get a message, as NAME=VALUE: the filters of the customer search, a main account and a group (O1, O2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.rules.customers.status import Kind, Status
from portal.rules.errors import Invalid
from portal.rules.sentences import Sentence, say

NAMES = ("partner", "status", "main", "group", "text", "kind", "linked", "owes")
_ALSO = {"q": "text", "search": "text"}
LINKED = ("main", "sub", "none")
OWES = ("owes", "late")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which customers: of a partner, with one of these statuses, the sub-accounts of a main account, the members of the
    group of an Owner, and what the search finds. All of them hold at once; "" asks for nothing.
    """

    partner: str = ""
    statuses: tuple[Status, ...] = ()
    main: str = ""
    group: str = ""
    text: str = ""
    kind: Kind | None = None
    linked: str = ""
    owes: str = ""

    @property
    def kept(self) -> dict[str, str]:
        """As they are stored and said: by name, without what was not asked for."""
        every = {
            "partner": self.partner,
            "status": ",".join(one.value for one in self.statuses),
            "main": self.main,
            "group": self.group,
            "text": self.text,
            "kind": self.kind.value if self.kind else "",
            "linked": self.linked,
            "owes": self.owes,
        }
        return {name: value for name, value in every.items() if value}

    @property
    def inactive_too(self) -> bool:
        """Whether Inactive customers were asked for."""
        return Status.INACTIVE in self.statuses


def read(pairs: Iterable[str]) -> Filters:
    """The filters of texts such as "status=active". Raises Invalid for a name or value that is none, and for none."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        name = name.strip().casefold()
        name = _ALSO.get(name, name)
        if name not in NAMES:
            text = say("“{name}” is not something to filter by. There are: {names}.", name=name[:40], names=NAMES)
            raise Invalid({"filter": text})
        if name in found:
            raise Invalid({"filter": say("The filter “{name}” is there twice.", name=name)})
        found[name] = value.strip()
    return from_names(found)


def from_names(values: Mapping[str, str]) -> Filters:
    """The filters of values by name. Raises Invalid for a value that is none, and where nothing is asked for."""
    if not any(value.strip() for value in values.values()):
        text = say("Say who is to get it, for example by the partner.")
        raise Invalid({"filter": text})
    return Filters(
        partner=values.get("partner", "").strip(),
        statuses=_statuses(values.get("status", "")),
        main=values.get("main", "").strip(),
        group=values.get("group", "").strip(),
        text=values.get("text", "").strip(),
        kind=Kind(_one_of(values.get("kind", ""), tuple(one.value for one in Kind))) if values.get("kind") else None,
        linked=_one_of(values.get("linked", ""), LINKED),
        owes=_one_of(values.get("owes", ""), OWES),
    )


def _statuses(text: str) -> tuple[Status, ...]:
    words = [one.strip().casefold() for one in text.split(",") if one.strip()]
    return tuple(dict.fromkeys(Status(_one_of(one, tuple(each.value for each in Status))) for one in words))


def _one_of(text: str, words: tuple[str, ...]) -> str:
    word = text.strip().casefold()
    if word and word not in words:
        raise Invalid({"filter": _strange(text, words)})
    return word


def _strange(text: str, words: tuple[str, ...]) -> Sentence:
    return say("“{text}” is not one of {words}.", text=text[:40], words=", ".join(words))
