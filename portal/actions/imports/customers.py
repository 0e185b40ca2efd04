"""Importing customers: new ones are added, changed ones updated, equal ones skipped."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from babel.core import get_global

from portal.actions.imports.partners import Partners
from portal.actions.imports.reading import Importer, Work
from portal.actions.logins.checks import contact_address
from portal.actions.notices import Watch
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.audit.records import Deed
from portal.db.customers import changes
from portal.db.customers import profiles as customers
from portal.db.groups import guardians, members
from portal.db.imports import CUSTOMER_COLUMNS, NewCustomer, StoredCustomer
from portal.db.links import linking as links
from portal.db.tables import Partner
from portal.outside import clock
from portal.rules.customers.status import Status
from portal.rules.imports import DEFAULT_PARTNER, CustomerRow, FileKind, Values, Wrong, customer_row
from portal.rules.links.sub_accounts import billing_type_refusals
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say, together

CHUNK = 5_000
Rows = list[tuple[int, CustomerRow]]
_Row = tuple[int, StoredCustomer, dict[str, Any], int]
"""A line, the customer it changes, its values afterwards and its partner then."""


def take(work: Work) -> None:
    """Carry out an import of customers (C1, C4, L8)."""
    today = clock.today("Pacific/Kiritimati")  # nowhere is it later
    parse = partial(_parse, today)
    importer = _Importer(work)
    for rows in work.chunks(parse, CHUNK):
        importer.take(rows)


def parsed(values: Values, wrong: Wrong) -> CustomerRow | None:
    """A row of customers, with its addresses as they are stored."""
    return _parse(clock.today("Pacific/Kiritimati"), values, wrong)


def _parse(today: Any, values: Any, wrong: Any) -> CustomerRow | None:
    return customer_row(values, today=today, email=_address, currencies=_currencies(), wrong=wrong)


@lru_cache(maxsize=50_000)
def _address(text: str) -> str | None:
    """An address as it is stored, or None for what cannot be one. Nobody is asked whether it exists."""
    return contact_address(text)


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(get_global("all_currencies"))


class _Importer:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._partners = Partners(work)
        self._at = clock.now()

    def take(self, rows: Rows) -> None:
        stored = imports.stored_customers([row.external_id for _, row in rows])
        seen: dict[str, tuple[int, CustomerRow]] = {}
        new: list[NewCustomer] = []
        changed: list[tuple[int, CustomerRow, StoredCustomer]] = []
        for line, row in rows:
            if row.external_id in seen:
                self._again(line, row, *seen[row.external_id])
                continue
            seen[row.external_id] = line, row
            found = stored.get(row.external_id)
            if found is None:
                new += self._new(line, row)
            elif not self._work.may_touch(found.partner_id):
                self._work.wrong(
                    line, "external_id", say("“{id}” is the id of a customer you may not change.", id=row.external_id)
                )
            else:
                changed.append((line, row, found))
        imports.add_customers(new, self._at)
        self._work.created += len(new)
        self._change(changed)
        audit.record_many(self._work.actor, self._deeds(new), batch=self._work.batch)

    def _again(self, line: int, row: CustomerRow, first_line: int, first: CustomerRow) -> None:
        if row == first:
            self._work.skipped += 1
        else:
            self._work.wrong(
                line,
                "external_id",
                say(
                    "“{id}” stands on line {first_line} with other contents.", id=row.external_id, first_line=first_line
                ),
            )

    def _new(self, line: int, row: CustomerRow) -> list[NewCustomer]:
        partner = self._partner(line, row.partner or DEFAULT_PARTNER, row.currency)
        if partner is None:
            return []
        defaults = dict.fromkeys(CUSTOMER_COLUMNS, "") | {
            "kind": "individual",
            "born_on": None,
            "own_status": "active",
            "billing_type": partner.default_billing_type,
            "billing_day": partner.default_billing_day,
            "currency": partner.currency,
            "tax_rate": None,
        }
        return [NewCustomer(row.external_id, partner.id, defaults | _given(row))]

    def _partner(self, line: int, name: str, currency: str | None) -> Partner | None:
        strange = say("You may add customers of your own partner only, not of “{name}”.", name=name)
        return self._partners.named(line, name, strange=strange, currency=currency)

    def _change(self, changed: list[tuple[int, CustomerRow, StoredCustomer]]) -> None:
        different = []
        for line, row, stored in changed:
            partner = stored.partner_id
            if row.partner and row.partner != stored.partner_name:
                other = self._partner(line, row.partner, row.currency)
                if other is None:
                    continue
                partner = other.id
            values = stored.values | _given(row)
            if values == stored.values and partner == stored.partner_id:
                self._work.skipped += 1
            elif self._may_change(line, stored, values, partner):
                different.append((line, stored, values, partner))
        following = self._hold(different)
        allowed = self._leaving_nobody_alone(self._obeying_billing_types(different), following)
        watch = Watch(s.id for _, s, values, _ in allowed if values["own_status"] != s.values["own_status"])
        for _, stored, values, partner in allowed:
            imports.change_customer(stored, partner, values, self._at)
        watch.write(self._work.actor)
        self._work.updated += len(allowed)
        deeds = [Deed(s.id, "customer.change", _changes(s, values), _fields(s, values)) for _, s, values, _ in allowed]
        audit.record_many(self._work.actor, deeds, batch=self._work.batch)

    def _may_change(self, line: int, stored: StoredCustomer, values: dict[str, Any], partner: int) -> bool:
        before = self._work.error_count
        name = values["name"]
        if values["own_status"] != stored.values["own_status"] and not self._work.actor.has(
            Permission.CUSTOMERS_STATUS
        ):
            self._work.wrong(line, "status", say("You may not change the status of {name}.", name=name))
        if partner != stored.partner_id and not stored.settled:
            self._work.wrong(
                line,
                "partner",
                say(
                    "{name} belongs to {partner}, which cannot change: it has links, groups or entries.",
                    name=name,
                    partner=stored.partner_name,
                ),
            )
        if values["currency"] != stored.values["currency"] and not stored.settled:
            currency = stored.values["currency"]
            self._work.wrong(
                line,
                "currency",
                say(
                    "{name} is billed in {currency}, which cannot change: it has links, groups or entries.",
                    name=name,
                    currency=currency,
                ),
            )
        return self._work.error_count == before

    def _obeying_billing_types(self, different: list[_Row]) -> list[_Row]:
        """L8: those whose billing type stays or may change."""
        turning = [s.id for _, s, values, _ in different if values["billing_type"] != s.values["billing_type"]]
        if not turning:
            return different
        facts = links.facts(turning)
        allowed = []
        for item in different:
            line, stored = item[0], item[1]
            reasons = billing_type_refusals(facts[stored.id]) if stored.id in facts else []
            self._work.refused(line, "billing_type", reasons)
            if not reasons:
                allowed.append(item)
        return allowed

    def _hold(self, different: list[_Row]) -> dict[int, list[tuple[int, str]]]:
        """Hold whoever changes; where somebody becomes Inactive or another age, the groups concerned too (G15).

        Gives who becomes Inactive with a main account (L11), by the id of that account.
        """
        ceasing = [s.id for _, s, values, _ in different if _ceases(s, values)]
        following = changes.paid_followers(ceasing) if ceasing else {}
        with_them = [key for some in following.values() for key, _ in some]
        customers.lock([*(s.id for _, s, _, _ in different), *with_them], exclusive=True)
        reborn = [s.id for _, s, values, _ in different if _born_anew(s, values)]
        if ceasing or reborn:
            members.hold_of([*ceasing, *reborn, *with_them])
        return following

    def _leaving_nobody_alone(self, different: list[_Row], following: dict[int, list[tuple[int, str]]]) -> list[_Row]:
        """G15: those whose date of birth and status may change as far as groups are concerned: their own, and those of
        the sub-accounts that become Inactive with them.
        """
        turning = [s.id for _, s, values, _ in different if _born_anew(s, values) or _ceases(s, values)]
        turning += [key for some in following.values() for key, _ in some]
        grouped = guardians.grouped(turning) if turning else {}
        allowed, gone = [], list[str]()
        for item in different:
            line, stored, values, _ = item
            before, member = self._work.error_count, grouped.get(stored.id)
            if member and _born_anew(stored, values):
                self._work.refused(line, "born_on", guardians.born_on_refusals(member, values["born_on"]))
            leaving = [grouped[key] for key in _leaving(stored, values, following) if key in grouped]
            if leaving:
                self._work.refused(line, "status", guardians.staying_away([*gone, *leaving], inactive=True))
                gone += leaving if self._work.error_count == before else []
            if self._work.error_count == before:
                allowed.append(item)
        return allowed

    def _deeds(self, new: list[NewCustomer]) -> list[Deed]:
        ids = imports.ids_of([customer.external_id for customer in new])
        return [
            Deed(ids[one.external_id][0], "customer.create", say("{name} imported", name=str(one.values["name"])), {})
            for one in new
        ]


def _born_anew(stored: StoredCustomer, values: dict[str, Any]) -> bool:
    return bool(values["born_on"] != stored.values["born_on"])


def _ceases(stored: StoredCustomer, values: dict[str, Any]) -> bool:
    """Whether nobody will sign in for a customer any more."""
    return bool(values["own_status"] != stored.values["own_status"] and values["own_status"] == Status.INACTIVE)


def _leaving(stored: StoredCustomer, values: dict[str, Any], following: dict[int, list[tuple[int, str]]]) -> list[int]:
    """Who becomes Inactive by a row: the customer, and the sub-accounts that follow it."""
    return [stored.id, *(key for key, _ in following.get(stored.id, []))] if _ceases(stored, values) else []


def _given(row: CustomerRow) -> dict[str, Any]:
    """What the row says, as columns."""
    said: dict[str, Any] = {
        "kind": row.kind,
        "name": row.name,
        "given_name": row.given_name,
        "family_name": row.family_name,
        "email": row.email,
        "billing_email": row.billing_email,
        "phone": row.phone,
        "own_status": row.status,
        "billing_type": row.billing_type,
        "billing_day": row.billing_day,
        "currency": row.currency,
        "tax_rate": row.tax_rate,
    }
    given = {key: str(value) if isinstance(value, str) else value for key, value in said.items() if value is not None}
    if row.born_on_given:
        given["born_on"] = row.born_on
    return given


def _changes(stored: StoredCustomer, values: dict[str, Any]) -> Sentence:
    """What an import changed, by name."""
    names = [_WORDS[key] for key in CUSTOMER_COLUMNS if values[key] != stored.values[key]]
    changed = together(*names, by=", ") or say("partner")
    return say("{name}: {changed} changed by an import", name=str(values["name"]), changed=changed)


def _fields(stored: StoredCustomer, values: dict[str, Any]) -> dict[str, object]:
    """What stood in each changed field before and stands there now, as the log keeps it (O8)."""
    pairs = {key: (stored.values[key], values[key]) for key in CUSTOMER_COLUMNS if values[key] != stored.values[key]}
    return {"fields": {key: ["" if one is None else str(one) for one in pair] for key, pair in pairs.items()}}


_WORDS = {
    "kind": say("kind"),
    "name": say("name"),
    "given_name": say("given name"),
    "family_name": say("family name"),
    "email": say("email"),
    "billing_email": say("billing email"),
    "phone": say("phone"),
    "born_on": say("born on"),
    "own_status": say("status"),
    "billing_type": say("billing type"),
    "billing_day": say("billing day"),
    "currency": say("currency"),
    "tax_rate": say("tax rate"),
}


IMPORT = Importer(FileKind.CUSTOMERS, Permission.CUSTOMERS_EDIT, take)
