"""Importing the catalogue: new items are added, changed ones updated, equal ones skipped (M2)."""

from __future__ import annotations

from typing import Any

from portal.actions.imports.reading import Importer, Work
from portal.db.audit import records as audit
from portal.db.orders import catalogue as rows
from portal.rules.imports import FileKind
from portal.rules.orders import Item
from portal.rules.orders.files import CatalogueRow, catalogue_row
from portal.rules.permissions import Permission
from portal.rules.sentences import say

CHUNK = 2_000


def take(work: Work) -> None:
    """Carry out an import of the catalogue: of every partner, or of the one an administrator is bound to."""
    for some in work.chunks(catalogue_row, CHUNK):
        there = {
            key: one for key, one in rows.named(row.external_id for _, row in some).items() if one.external_id == key
        }
        for line, row in some:
            if work.stands_twice(line, row.external_id, row):
                continue
            found = there.get(row.external_id)
            if found is None:
                rows.add(_values(row) | {"external_id": row.external_id, "partner_id": work.actor.partner_id})
                work.created += 1
            elif work.actor.partner_id not in (None, found.partner_id):
                text = say("“{id}” is an item of another partner.", id=row.external_id)
                work.wrong(line, "external_id", text)
            else:
                _change(work, found, _values(row))


def _values(row: CatalogueRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "price_e4": row.price_e4,
        "rate_e3": None if row.rate is None else int(row.rate * 1_000),
        "prices": row.prices,
        "period": row.period,
        "stock": row.stock,
    }


def _change(work: Work, found: Item, values: dict[str, Any]) -> None:
    changed = {name: value for name, value in values.items() if getattr(found, name) != value}
    if not changed:
        work.skipped += 1
        return
    rows.change(found.id, changed)
    work.updated += 1
    text = say("Changed {item} in the catalogue", item=found.name)
    fields = {name: [str(getattr(found, name)), str(value)] for name, value in changed.items()}
    audit.record(work.actor, "catalogue.change", text, item=found.public_id, fields=fields)


IMPORT = Importer(FileKind.CATALOGUE, Permission.CATALOGUE_MANAGE, take)
