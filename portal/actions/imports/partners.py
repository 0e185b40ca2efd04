"""The partners that rows of files name: found, made where there is none, and kept to those the actor looks after."""

from __future__ import annotations

from portal.actions.imports.reading import Work
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.tables import Partner
from portal.rules.sentences import Sentence, say

NEW_CURRENCY = "EUR"


class Partners:
    """The partners of one import, each looked up once."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known = imports.partners()

    def named(self, line: int, name: str, *, strange: Sentence, currency: str | None = None) -> Partner | None:
        """The partner of this name, made when there is none. Administrators bound to a partner have only theirs: for
        another one `strange` is said of the line, and None is the answer.
        """
        found = self._known.get(name)
        if self._work.actor.partner_id is not None and (found is None or not self._work.may_touch(found.id)):
            self._work.wrong(line, "partner", strange)
            return None
        if found is None:
            found = self._known[name] = imports.add_partner(name, currency or NEW_CURRENCY)
            text = say("Partner {name} added ({currency})", name=name, currency=found.currency)
            audit.record(self._work.actor, "partner.create", text)
        return found
