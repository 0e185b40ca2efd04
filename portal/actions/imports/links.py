"""Importing links of sub-accounts: by the very rules of linking one by one, each row seeing what earlier ones did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from portal.actions.imports.reading import Importer, Work
from portal.actions.notices import Watch
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.audit.records import Deed
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot
from portal.db.imports import NewLink
from portal.db.links import linking as links
from portal.outside import clock
from portal.rules.errors import Reason
from portal.rules.imports import Action, FileKind, LinkRow, link_row
from portal.rules.links import sub_accounts as rules
from portal.rules.links.facts import BillingMode, LinkFacts, Rule
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say, together

CHUNK = 2_000
JUDGED = 250
"""So many lines are judged on one picture of the books by `judge`."""

REMEMBERED = 50_000
"""So many customers are remembered as the rows left them; for more, the books are asked again."""


def take(work: Work) -> None:
    """Carry out an import of links (L3 to L10, L18)."""
    customers.hold_links()
    importer = _Importer(work)
    for rows in work.chunks(link_row, CHUNK):
        importer.take(rows)
    importer.tell_the_blocked()


def judge(work: Work, progress: Callable[[int], None]) -> None:
    """Tell what an import of links would do, without doing it; `progress` is told the line that was judged last."""
    judge = _Judge(work)
    for rows in work.chunks(link_row, JUDGED):
        judge.take(rows)
        progress(rows[-1][0])


def load_facts(work: Work, references: Iterable[str], *, held: bool = True) -> dict[str, LinkFacts]:
    """The facts of the customers with these external ids that the actor may know of, `held` for this transaction."""
    found = {key: pair for key, pair in imports.ids_of(references).items() if work.may_touch(pair[1])}
    ids = [key for key, _ in found.values()]
    if held:
        customers.lock(ids, exclusive=True)
    facts = links.facts(ids)
    return {reference: facts[key] for reference, (key, _) in found.items()}


class _Importer:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._at = clock.now()
        self._facts: dict[int, LinkFacts] = {}
        self._begun: dict[int, NewLink] = {}
        self._ended: set[int] = set()
        self._deeds: list[Deed] = []
        self._watch = Watch()

    def tell_the_blocked(self) -> None:
        """Write a notice for each sub-account that the whole file blocks (F9, L11)."""
        self._watch.write(self._work.actor)

    def take(self, rows: list[tuple[int, LinkRow]]) -> None:
        """Judge and apply each row in order, then write what they add up to."""
        found = load_facts(self._work, _named(rows))
        self._watch.add(found[row.sub].id for _, row in rows if row.sub in found)
        self._judge(rows, found)
        self._write()
        audit.record_many(self._work.actor, self._deeds, batch=self._work.batch)
        self._deeds = []

    def _judge(self, rows: list[tuple[int, LinkRow]], found: dict[str, LinkFacts]) -> None:
        """Judge and remember each row in order, on what earlier ones left."""
        known = self._facts if len(self._facts) < REMEMBERED else {}
        self._facts = {facts.id: facts for facts in found.values()} | known
        ids = {reference: facts.id for reference, facts in found.items()}
        for line, row in rows:
            absent = [(column, name) for column, name in (("main", row.main), ("sub", row.sub)) if name not in ids]
            for column, name in absent:
                self._work.wrong(line, column, say("There is no customer “{name}”.", name=name))
            if not absent:
                self._apply(line, row, self._facts[ids[row.main]], self._facts[ids[row.sub]])

    def _apply(self, line: int, row: LinkRow, main: LinkFacts, sub: LinkFacts) -> None:
        mode = None if row.action is Action.UNLINK else row.mode
        linked = sub.main_id == main.id
        if (linked and sub.mode is mode) or (row.action is Action.UNLINK and sub.main_id is None):
            self._work.skipped += 1
            self._work.tell(line, say("{name}: nothing to do, it is so already", name=sub.name), changes=False)
            return
        reasons = _refusals(row, main, sub)
        if reasons:
            column = "billing_mode" if row.action is Action.MODE else "sub"
            self._work.refused(line, column, reasons)
            return
        if linked:
            self._end(main, sub)
        if mode is not None:
            self._begin(main, sub, mode)
        self._remember(row.action, main, sub, mode or sub.mode)
        self._work.tell(line, _told(row.action, main, sub, mode))
        if row.action is Action.LINK:
            self._work.created += 1
        else:
            self._work.updated += 1

    def _end(self, main: LinkFacts, sub: LinkFacts) -> None:
        if sub.id in self._begun:
            self._write()
        self._ended.add(sub.id)
        fewer = main.aggregated_subs - (sub.mode is BillingMode.AGGREGATED)
        self._facts[main.id] = replace(main, sub_accounts=main.sub_accounts - 1, aggregated_subs=fewer)
        self._facts[sub.id] = replace(sub, main_id=None, main_name="", mode=None)

    def _begin(self, main: LinkFacts, sub: LinkFacts, mode: BillingMode) -> None:
        main, sub = self._facts[main.id], self._facts[sub.id]
        self._begun[sub.id] = NewLink(main.partner_id, main.id, sub.id, mode.value)
        more = main.aggregated_subs + (mode is BillingMode.AGGREGATED)
        self._facts[main.id] = replace(main, sub_accounts=main.sub_accounts + 1, aggregated_subs=more)
        self._facts[sub.id] = replace(sub, main_id=main.id, main_name=main.name, mode=mode)

    def _remember(self, action: Action, main: LinkFacts, sub: LinkFacts, mode: BillingMode | None) -> None:
        sentence = _done(action, main, sub, mode)
        details: dict[str, object] = {"main": main.public_id, "sub": sub.public_id, "mode": str(mode)}
        self._deeds += [
            Deed(sub.id, f"sub_accounts.{action}", sentence, details),
            Deed(main.id, f"sub_accounts.{action}", say("Sub-account {sentence}", sentence=sentence), details),
        ]

    def _write(self) -> None:
        """Ends first: a change of mode ends one link and begins another."""
        if self._ended:
            imports.end_links(self._ended, self._at)
        imports.begin_links(list(self._begun.values()), self._at)
        self._ended, self._begun = set(), {}


class _Judge(_Importer):
    """Judges rows as an import does, and writes nothing."""

    @snapshot
    def take(self, rows: list[tuple[int, LinkRow]]) -> None:
        """Judge each row in order."""
        self._judge(rows, load_facts(self._work, _named(rows), held=False))
        self._write()
        self._deeds = []

    def _write(self) -> None:
        self._ended, self._begun = set(), {}


def _named(rows: list[tuple[int, LinkRow]]) -> set[str]:
    return {name for _, row in rows for name in (row.main, row.sub)}


def _done(action: Action, main: LinkFacts, sub: LinkFacts, mode: BillingMode | None) -> Sentence:
    """What a row did, for the log."""
    if action is Action.UNLINK:
        return say("{sub}: unlinked from {main}", sub=sub.name, main=main.name)
    if action is Action.MODE and mode is BillingMode.AGGREGATED:
        return say("{sub}: billing mode changed to aggregated", sub=sub.name)
    if action is Action.MODE:
        return say("{sub}: billing mode changed to independent", sub=sub.name)
    if mode is BillingMode.AGGREGATED:
        return say("{sub}: linked to {main}, aggregated", sub=sub.name, main=main.name)
    return say("{sub}: linked to {main}, independent", sub=sub.name, main=main.name)


def _told(action: Action, main: LinkFacts, sub: LinkFacts, mode: BillingMode | None) -> Sentence:
    """What a row does, and what follows from it at once (L4)."""
    if mode is None:
        return say("Unlink {sub} from {main}", sub=sub.name, main=main.name)
    if action is Action.LINK:
        step = (
            say("Link {sub} to {main}, aggregated", sub=sub.name, main=main.name)
            if mode is BillingMode.AGGREGATED
            else say("Link {sub} to {main}, independent", sub=sub.name, main=main.name)
        )
    else:
        step = (
            say("Change the billing mode of {sub} under {main} to aggregated", sub=sub.name, main=main.name)
            if mode is BillingMode.AGGREGATED
            else say("Change the billing mode of {sub} under {main} to independent", sub=sub.name, main=main.name)
        )
    if not rules.link_warnings(main, sub, mode):
        return step
    # As the warning says, but for its full stop: whoever shows a note puts one at its end.
    warning = say("{main} is Blocked, so {sub} will be blocked at once", main=main.name, sub=sub.name)
    return together(step, warning, by=". ")


def _refusals(row: LinkRow, main: LinkFacts, sub: LinkFacts) -> list[Reason]:
    if row.action is Action.LINK:
        assert row.mode is not None
        return rules.link_refusals(main, sub, row.mode)
    if sub.main_id != main.id:
        rule = Rule.EDITABLE if row.action is Action.MODE else Rule.UNLINKABLE
        return [Reason(rule, _not_under(main, sub), say("Name its main account."))]
    if row.action is Action.MODE:
        assert row.mode is not None
        return rules.mode_refusals(main, sub, row.mode)
    assert sub.mode is not None
    return rules.unlink_refusals(main, sub.mode)


def _not_under(main: LinkFacts, sub: LinkFacts) -> Sentence:
    if sub.main_id:
        return say(
            "{sub} is a sub-account of {other}, and no sub-account of {main}.",
            sub=sub.name,
            other=sub.main_name,
            main=main.name,
        )
    return say("{sub} is not a sub-account, and no sub-account of {main}.", sub=sub.name, main=main.name)


IMPORT = Importer(FileKind.LINKS, Permission.SUB_ACCOUNTS_LINK, take)
