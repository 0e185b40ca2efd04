"""A customer's documents: the list, and opening one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import BinaryIO

from portal.actions import access
from portal.db import documents
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.documents import DocumentFilter as DocumentFilter
from portal.db.documents import DocumentRow as DocumentRow
from portal.db.engine import snapshot
from portal.db.folding import fold
from portal.outside import files
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class DocumentsPage:
    """A page of a list. `accounts` (public id, name) are those that documents are about.

    `total` counts what matches, and `hides_statements` says that saved statements are left out because the actor may
    not see finances.
    """

    rows: list[DocumentRow]
    total: int
    wanted: DocumentFilter
    accounts: list[tuple[str, str]]
    hides_statements: bool

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.wanted.size))

    @property
    def filtered(self) -> bool:
        return bool(self.wanted.text or self.wanted.about)


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """A document to be downloaded. `size` is in bytes; the caller closes `file`."""

    file: BinaryIO
    filename: str
    content_type: str
    size: int


@snapshot
def list_documents(actor: Actor, customer: str, wanted: DocumentFilter) -> DocumentsPage:
    """The documents in the list of `customer` (public or external id) that the actor may see (S6, S9).

    Raises Missing, NotAllowed, and Invalid for an unknown sort. A page beyond the last one gives the last one.
    """
    profile, without = _open_list(actor, customer)
    if wanted.sort not in documents.SORTS:
        raise Invalid({"sort": say("The list cannot be sorted by “{sort}”.", sort=wanted.sort[:40])})
    wanted = replace(wanted, text=wanted.text.strip()[:LONGEST_SEARCH], page=max(1, wanted.page))
    folded = fold(wanted.text)
    rows, total = documents.page(profile.id, wanted, folded, without=without)
    if not rows and wanted.page > 1:
        wanted = replace(wanted, page=1)
        rows, total = documents.page(profile.id, wanted, folded, without=without)
    accounts = documents.accounts(profile.id, without=without)
    return DocumentsPage(rows, total, wanted, accounts, bool(without))


@snapshot
def look_up(actor: Actor, customer: str, public_id: str) -> DocumentRow:
    """What the customer's list says of one document. Raises Missing for any other (S6, S9)."""
    return _found(actor, customer, public_id)


def open_document(actor: Actor, customer: str, public_id: str) -> OpenedDocument:
    """One document of the customer's list; of a statement the log tells which administrator opened it (SEC62).

    Raises Missing for any other, whoever's it is (S6, S9).
    """
    found = look_up(actor, customer, public_id)
    if found.kind in documents.FIGURES:
        access.note_finances(actor, customers.require(customer))
    return OpenedDocument(files.open_stored(found.sha256), found.filename, found.content_type, found.size)


def _found(actor: Actor, customer: str, public_id: str) -> DocumentRow:
    profile, without = _open_list(actor, customer)
    found = documents.find(profile.id, public_id, without=without)
    if found is None:
        raise Missing()
    return found


def _open_list(actor: Actor, customer: str) -> tuple[Profile, tuple[str, ...]]:
    """The customer, and the kinds of documents that stay hidden from the actor (S9)."""
    profile = customers.require(customer)
    permission = Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.DOCUMENTS_VIEW
    grant = access.require(actor, permission, profile)
    sees_finance = actor.has(Permission.CUSTOMERS_FINANCE) if actor.is_staff else Scope.FINANCE in grant.scopes
    return profile, () if sees_finance else documents.FIGURES
