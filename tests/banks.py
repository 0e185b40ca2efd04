"""Bank files of Harbour Net, taken in as its staff would."""

from __future__ import annotations

import io

from portal.actions.bank import importing, looking
from portal.actions.bank.importing import Imported
from portal.actions.bank.looking import FilePage
from portal.db.engine import db
from portal.rules.deciding import SYSTEM, Actor


def take_in(data: bytes, *, actor: Actor = SYSTEM, **more: str) -> Imported:
    """Import a file for Harbour Net."""
    return importing.import_file(actor, io.BytesIO(data), "bank.xml", **{"partner": "Harbour Net", **more})


def opened(file: str) -> FilePage:
    """A file as it is stored now."""
    db.session.rollback()
    return looking.open_file(SYSTEM, file)


def shown(file: str) -> list[tuple[int, str, list[tuple[str, str, int, str, bool]]]]:
    """Amount, state and proposals of each line."""
    return [
        (
            one.line.amount_minor,
            one.line.state.value,
            [(p.customer, p.invoice, p.amount, p.because.value, p.chosen) for p in one.proposals],
        )
        for one in opened(file).lines
    ]
