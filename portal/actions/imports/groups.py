"""Importing groups: who is in them, as what. A group's rows are judged together, wherever they stand in the file.

Nobody is told by mail: an import brings in what holds already, perhaps long before the feature is switched on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from portal.actions.groups import guardians
from portal.actions.groups.parts import HeldGroup
from portal.actions.imports.reading import Importer, Work
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.audit.records import Deed
from portal.db.customers import profiles as customers
from portal.db.folding import fold
from portal.db.groups import labels as group_labels
from portal.db.groups import members as groups
from portal.db.groups.labels import Label
from portal.db.imports import Joiner, NewMember, Place, StoredGroup, StoredMember, Terms
from portal.outside import clock
from portal.rules import groups as rules
from portal.rules.errors import Reason
from portal.rules.groups import GroupRole, JoiningFacts, MemberFacts, Rule, lasts
from portal.rules.groups.guardians import abandoning_refusals, changed, stepping_down
from portal.rules.imports import FileKind, GroupRow, Values, Wrong, group_row
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES
from portal.rules.sentences import Sentence, say, together

CHUNK = 5_000
READING = 0.2
"""What reading the file is of the whole work, about."""

Rows = list[tuple[int, GroupRow]]


def take(work: Work) -> None:
    """Carry out an import of groups (G3 to G5, G9).

    It may be done while the feature is off: nothing is granted before it is on (G1).
    """
    customers.hold_links()
    spoilt: set[str] = set()

    def parse(values: Values, wrong: Wrong) -> GroupRow | None:
        row = group_row(values, wrong)
        if row is None:
            spoilt.add(values[0] or "")
        return row

    found: dict[str, Rows] = {}
    for rows in work.chunks(parse, CHUNK, part=READING):
        for line, row in rows:
            found.setdefault(row.group, []).append((line, row))
    importer, total, done = _Importer(work, spoilt), max(1, work.read), 0
    for some in _together(found):
        importer.take(some)
        done += sum(len(rows) for rows in some.values())
        work.report(READING + (1 - READING) * min(1, done / total))
    work.report(1)


def _together(found: dict[str, Rows]) -> Iterator[dict[str, Rows]]:
    """Whole groups, about CHUNK rows at a time."""
    taken: dict[str, Rows] = {}
    count = 0
    for key, rows in found.items():
        taken[key] = rows
        count += len(rows)
        if count >= CHUNK:
            yield taken
            taken, count = {}, 0
    if taken:
        yield taken


@dataclass(slots=True)
class _Plan:
    """What the rows of one group add up to. `owner` is the name of its Owner afterwards."""

    key: str
    stored: StoredGroup | None
    terms: Terms
    owner: str = ""
    joining: list[tuple[Joiner, GroupRole, int | None]] = field(default_factory=list)
    changes: list[tuple[StoredMember, GroupRole, int | None, bool]] = field(default_factory=list)
    """A member, its new role and label, and whether it is of age."""
    deeds: list[Deed] = field(default_factory=list)
    skipped: int = 0
    updated: int = 0


class _Importer:
    def __init__(self, work: Work, spoilt: set[str]) -> None:
        """`spoilt` are the keys of groups that have rows which are wrong in themselves."""
        self._work = work
        self._spoilt = spoilt
        self._at = clock.now()
        self._labels = {fold(label.name): label for label in group_labels.labels(retired=True)}
        self._today: dict[str, date] = {}
        self._people: dict[str, Joiner] = {}
        self._members: dict[tuple[int, int], StoredMember] = {}
        self._owners: dict[int, StoredMember] = {}
        self._live: dict[int, int] = {}

    def take(self, some: dict[str, Rows]) -> None:
        """Judge some groups, then write what they add up to."""
        stored = self._load(some)
        plans = [self._plan(key, rows, stored.get(key)) for key, rows in some.items()]
        self._write([plan for plan in plans if plan is not None])

    def _load(self, some: dict[str, Rows]) -> dict[str, StoredGroup]:
        names = {row.customer for rows in some.values() for _, row in rows}
        customers.lock([key for key, _ in imports.ids_of(names).values()], exclusive=True)
        found = imports.joiners(names)
        self._people = {name: one for name, one in found.items() if self._work.may_touch(one.terms.partner_id)}
        groups = imports.stored_groups(some)
        self._owners = imports.owners_of([one.id for one in groups.values()])
        zones = {one.id: one.terms.settings.time_zone for one in self._people.values()}
        self._members, self._live = {}, dict.fromkeys(zones, 0)
        for member in imports.memberships_of(zones):
            self._members[member.group_id, member.customer_id] = member
            self._live[member.customer_id] += lasts(member.until, self._day(zones[member.customer_id]))
        return groups

    def _day(self, time_zone: str) -> date:
        if time_zone not in self._today:
            self._today[time_zone] = clock.today(time_zone)
        return self._today[time_zone]

    # Judging

    def _plan(self, key: str, rows: Rows, stored: StoredGroup | None) -> _Plan | None:
        """What a group's rows come to; None when something is wrong with them."""
        before = self._work.error_count
        line = rows[0][0]
        if stored is not None and not self._work.may_touch(stored.terms.partner_id):
            self._work.wrong(line, "group", say("“{key}” is the key of a group you may not change.", key=key))
            return None
        if stored is not None and stored.dissolved:
            self._work.wrong(
                line, "group", say("The group “{key}” was dissolved. A new group needs a key of its own.", key=key)
            )
            return None
        single, repeated = self._single(rows)
        owning = self._owning(key, single, stored)
        known = [(line, row, self._people[row.customer]) for line, row in single if row.customer in self._people]
        if not known:
            return None
        head = next((one for _, row, one in known if row.role is GroupRole.OWNER), known[0][2])
        plan = _Plan(key, stored, stored.terms if stored else head.terms, skipped=repeated)
        now = self._owners.get(stored.id) if stored else None
        plan.owner = head.name if owning or now is None else now.name
        for line, row, one in known:
            self._judge(plan, line, row, one, owning)
        self._step_down(plan, owning)
        self._abandoned(plan, line)
        return plan if self._work.error_count == before else None

    def _single(self, rows: Rows) -> tuple[Rows, int]:
        """The rows without those that say again what an earlier one said, and how many those are."""
        first: dict[str, tuple[int, GroupRow]] = {}
        repeated = 0
        for line, row in rows:
            if row.customer not in first:
                first[row.customer] = line, row
                if row.customer not in self._people:
                    self._work.wrong(line, "customer", say("There is no customer “{customer}”.", customer=row.customer))
            elif first[row.customer][1] == row:
                repeated += 1
            else:
                other = first[row.customer][0]
                self._work.wrong(
                    line,
                    "customer",
                    say(
                        "“{customer}” stands in this group on line {other} with other contents.",
                        customer=row.customer,
                        other=other,
                    ),
                )
        return list(first.values()), repeated

    def _owning(self, key: str, rows: Rows, stored: StoredGroup | None) -> str:
        """The one customer that its rows call Owner, "" for none. Reports two of them, and a group without any (G3)."""
        named = [(line, row.customer) for line, row in rows if row.role is GroupRole.OWNER]
        for line, customer in named[1:]:
            self._work.refused(line, "role", [_two_owners(key, named[0], customer)])
        if not named and (stored is None or stored.id not in self._owners) and key not in self._spoilt:
            reason = Reason(
                Rule.ONE_OWNER,
                say("The group “{key}” has no Owner.", key=key),
                say("Give one of its rows the role owner."),
            )
            self._work.refused(rows[0][0], "role", [reason])
        return named[0][1] if named else ""

    def _judge(self, plan: _Plan, line: int, row: GroupRow, one: Joiner, owning: str) -> None:
        member = self._members.get((plan.stored.id, one.id)) if plan.stored else None
        label = self._label(line, row.label, member.label_id if member else None)
        if member is None:
            self._join(plan, line, row.role, one, label)
        elif member.role is GroupRole.OWNER and row.role is not GroupRole.OWNER and not owning:
            self._work.refused(line, "role", self._change_refusals(plan, one, member, row.role))
        elif (row.role, label) == (member.role, member.label_id):
            plan.skipped += 1
        else:
            self._change(plan, line, row.role, one, member, label)

    def _join(self, plan: _Plan, line: int, role: GroupRole, one: Joiner, label: int | None) -> None:
        reasons = self._refusals(plan, one, role)
        self._work.refused(line, "customer", reasons)
        if reasons:
            return
        self._live[one.id] += 1
        plan.joining.append((one, role, label))
        if plan.stored is None and role is GroupRole.OWNER:
            plan.deeds.append(
                Deed(one.id, "group.create", say("A group was created with {name} as its Owner", name=one.name), {})
            )
        else:
            text = say("{name} joined the group of {owner} as {role}", name=one.name, owner=plan.owner, role=role.label)
            plan.deeds.append(Deed(one.id, "group.add", text, {}))

    def _change(
        self, plan: _Plan, line: int, role: GroupRole, one: Joiner, member: StoredMember, label: int | None
    ) -> None:
        today = self._today_of(plan)
        reasons = rules.too_young(one.name, self._child_until(one), role) if role is not member.role else []
        self._work.refused(line, "role", reasons)
        if role is GroupRole.OWNER and not lasts(member.until, today):
            self._work.refused(line, "role", self._refusals(plan, one, GroupRole.DEPENDENT))
            self._live[one.id] += 1
        plan.changes.append((member, role, label, rules.is_adult(one.born_on, plan.terms.settings.majority_age, today)))
        plan.updated += 1
        words: list[Sentence] = []
        if role is not member.role:
            words.append(say("role {role}", role=role.label))
        if label != member.label_id:
            words.append(say("no label") if label is None else say("another label"))
        text = say(
            "{name} in the group of {owner}: {changes}",
            name=one.name,
            owner=plan.owner,
            changes=together(*words, by=", "),
        )
        plan.deeds.append(Deed(one.id, "group.change", text, {}))

    def _step_down(self, plan: _Plan, owning: str) -> None:
        """G3: the Owner before becomes an Admin, unless its own row says otherwise."""
        old = self._owners.get(plan.stored.id) if plan.stored else None
        new = self._people.get(owning)
        if old is None or new is None or new.id == old.customer_id:
            return
        text = say("{new} became the Owner of the group, before that {old}", new=new.name, old=old.name)
        plan.deeds.append(Deed(new.id, "group.transfer", text, {}))
        if all(member.id != old.id for member, *_ in plan.changes):
            adult = rules.is_adult(old.born_on, plan.terms.settings.majority_age, self._today_of(plan))
            plan.changes.append((old, stepping_down(adult), old.label_id, adult))
        text = say("{old} is no longer the Owner; that is now {new}", old=old.name, new=new.name)
        plan.deeds.append(Deed(old.customer_id, "group.transfer", text, {}))

    def _abandoned(self, plan: _Plan, line: int) -> None:
        """G15: nobody without a login is left with nobody who acts for them."""
        if plan.stored is None or not any(member.role.manages for member, *_ in plan.changes):
            return
        group = groups.by_id(plan.stored.id)
        assert group is not None
        before = after = guardians.places_of(HeldGroup(group, None, groups.members(group.id)))
        for member, role, *_ in sorted(plan.changes, key=lambda change: change[1] is GroupRole.OWNER):
            kept = role is member.role
            after = changed(after, member.id, role, **({} if kept else {"scopes": ALL_SCOPES, "consent": ALL_SCOPES}))
        after += tuple(guardians.joining_place(one.id, one.name, role) for one, role, _ in plan.joining)
        self._work.refused(line, "role", abandoning_refusals(before, after, self._today_of(plan)))

    def _change_refusals(self, plan: _Plan, one: Joiner, member: StoredMember, role: GroupRole) -> list[Reason]:
        facts = MemberFacts(one.name, member.role, child_until=self._child_until(one))
        return rules.change_refusals(facts, role, None, self._today_of(plan))

    def _child_until(self, one: Joiner) -> date | None:
        settings = one.terms.settings
        return rules.child_until(one.born_on, settings.majority_age, self._day(settings.time_zone))

    def _today_of(self, plan: _Plan) -> date:
        return self._day(plan.terms.settings.time_zone)

    def _refusals(self, plan: _Plan, one: Joiner, role: GroupRole) -> list[Reason]:
        facts = JoiningFacts(
            one.name,
            one.public_id,
            one.terms.partner_id,
            one.terms.partner_name,
            self._live[one.id],
            inactive=one.inactive,
            child_until=self._child_until(one),
        )
        terms = plan.terms
        most = terms.settings.groups_per_customer
        return rules.joining_refusals(facts, terms.partner_id, terms.partner_name, most, role)

    def _label(self, line: int, wanted: str | None, now: int | None) -> int | None:
        """The id of a label by its name; without a word about it, the label there is. A retired one stays (G4)."""
        if wanted is None:
            return now
        if not wanted:
            return None
        found: Label | None = self._labels.get(fold(wanted))
        if found is None or (found.retired and found.id != now):
            names = ", ".join(label.name for label in self._labels.values() if not label.retired)
            self._work.wrong(
                line, "label", say("“{wanted}” is not one of the labels: {names}.", wanted=wanted, names=names)
            )
            return None
        return found.id

    # Writing

    def _write(self, plans: list[_Plan]) -> None:
        new = [(plan.key, plan.terms.partner_id) for plan in plans if plan.stored is None]
        made = imports.add_groups(new, self._at) if new else {}
        ids = {plan.key: (plan.stored.id, plan.stored.public_id) if plan.stored else made[plan.key] for plan in plans}
        self._change_members(plans)
        self._add_members(plans, ids)
        deeds = [d._replace(details={"group": ids[plan.key][1]}) for plan in plans for d in plan.deeds]
        audit.record_many(self._work.actor, deeds, batch=self._work.batch)
        for plan in plans:
            self._work.created += len(plan.joining)
            self._work.updated += plan.updated
            self._work.skipped += plan.skipped

    def _change_members(self, plans: list[_Plan]) -> None:
        changed = [change for plan in plans for change in plan.changes]
        if not changed:
            return
        places: dict[Place, list[int]] = {}
        for member, role, label, _ in changed:
            kept = member.role is GroupRole.ADMIN and role is GroupRole.ADMIN
            scopes = member.scopes if kept else imports.scopes_of_role(role)
            places.setdefault(Place(role, label, scopes), []).append(member.id)
        imports.change_members(places)
        moved = [change for change in changed if change[1] is not change[0].role]
        former = [member.id for member, *_ in moved if member.role is GroupRole.DEPENDENT]
        imports.end_consents(former, self._at)
        transferred = [member.group_id for member, *_ in moved if member.role is GroupRole.OWNER]
        dependents = [(member, adult) for member, role, _, adult in moved if role is GroupRole.DEPENDENT]
        imports.end_offers(transferred, [member.id for member, _ in dependents], self._at)
        self._agree([(member.group_id, member.customer_id) for member, adult in dependents if adult])

    def _add_members(self, plans: list[_Plan], ids: dict[str, tuple[int, str]]) -> None:
        new, adults = [], []
        for plan in plans:
            group_id, today = ids[plan.key][0], self._day(plan.terms.settings.time_zone)
            for one, role, label in plan.joining:
                new.append(NewMember(plan.terms.partner_id, group_id, one.id, role, label))
                if role is GroupRole.DEPENDENT and rules.is_adult(one.born_on, plan.terms.settings.majority_age, today):
                    adults.append((group_id, one.id))
        imports.add_members(new, self._at)
        self._agree(adults)
        touched = [plan.stored.id for plan in plans if plan.stored and (plan.joining or plan.changes)]
        if touched:
            imports.touch_groups(touched)

    def _agree(self, pairs: list[tuple[int, int]]) -> None:
        if pairs:
            imports.give_consents(pairs, f"recorded by {self._work.actor.label}", self._at)


def _two_owners(key: str, first: tuple[int, str], second: str) -> Reason:
    line, customer = first
    return Reason(
        Rule.ONE_OWNER,
        say(
            "The group “{key}” would have two Owners, “{customer}” on line {line} and “{second}”.",
            key=key,
            customer=customer,
            line=line,
            second=second,
        ),
        say("Give one of them another role."),
    )


IMPORT = Importer(FileKind.GROUPS, Permission.GROUPS_MANAGE, take)
