"""The list of a customer's documents, and opening one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import BinaryIO

from portal.actions import access
from portal.db import documents
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.documents import DocumentFilter as DocumentFilter
from portal.db.documents import DocumentRow as DocumentRow
from portal.db.documents import Sight
from portal.db.engine import snapshot
from portal.db.folding import fold
from portal.outside import files
from portal.rules.deciding import Actor, Grant, Source
from portal.rules.documents import SHOWN, Audience, saved_as
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class DocumentsPage:
    """A page of a list. `accounts` (public id, name) are those that documents are about, `folders` where they are kept.

    `total` counts what matches, and `hides_statements` says that saved statements are left out because the actor may
    not see finances.
    """

    rows: list[DocumentRow]
    total: int
    wanted: DocumentFilter
    accounts: list[tuple[str, str]]
    folders: list[str]
    hides_statements: bool

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.wanted.size))

    @property
    def filtered(self) -> bool:
        return bool(self.wanted.text or self.wanted.about or self.wanted.folder)


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """A document to be downloaded. `size` is in bytes; the caller closes `file`. `shown_as` is the content type as
    which a browser may show it by itself, "" for what it may not.
    """

    file: BinaryIO
    filename: str
    content_type: str
    size: int
    shown_as: str = ""


@snapshot
def list_documents(actor: Actor, customer: str, wanted: DocumentFilter) -> DocumentsPage:
    """The documents in the list of `customer` (public or external id) that the actor may see (S6, S9).

    Raises Missing, NotAllowed, and Invalid for an unknown sort. A page beyond the last one gives the last one.
    """
    profile, sight = _open_list(actor, customer)
    if wanted.sort not in documents.SORTS:
        raise Invalid({"sort": say("The list cannot be sorted by “{sort}”.", sort=wanted.sort[:40])})
    wanted = replace(wanted, text=wanted.text.strip()[:LONGEST_SEARCH], page=max(1, wanted.page))
    folded = fold(wanted.text)
    rows, total = documents.page(profile.id, wanted, folded, sight)
    if not rows and wanted.page > 1:
        wanted = replace(wanted, page=1)
        rows, total = documents.page(profile.id, wanted, folded, sight)
    accounts, folders = documents.accounts(profile.id, sight), documents.folders(profile.id, sight)
    return DocumentsPage(rows, total, wanted, accounts, folders, bool(sight.without))


@snapshot
def folders(actor: Actor, customer: str) -> list[str]:
    """The folders of a customer's documents that the actor knows of. Raises Missing and NotAllowed."""
    profile, sight = _open_list(actor, customer)
    return documents.folders(profile.id, sight)


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
    name = saved_as(found.filename, found.content_type)
    return OpenedDocument(files.open_stored(found.sha256), name, found.content_type, found.size, _shown_as(found))


def find(actor: Actor, profile: Profile, grant: Grant, public_id: str) -> DocumentRow:
    """One document of a loaded customer's list, as far as the holder of `grant` sees it. Raises Missing."""
    found = documents.find(profile.id, public_id, sight_of(actor, grant))
    if found is None:
        raise Missing()
    return found


def sight_of(actor: Actor, grant: Grant) -> Sight:
    """What of a customer's list somebody sees: figures with finance rights (S9), and what is for their eyes (M3)."""
    sees_finance = actor.has(Permission.CUSTOMERS_FINANCE) if actor.is_staff else Scope.FINANCE in grant.scopes
    without = () if sees_finance else documents.FIGURES
    if actor.is_staff:
        return Sight(without)
    own = (Audience.OWN,) if grant.source is Source.SELF else ()
    return Sight(without, (Audience.EVERYBODY, *own))


def _shown_as(found: DocumentRow) -> str:
    return SHOWN.get(found.content_type, "") if found.kind == documents.UPLOAD else ""


def _found(actor: Actor, customer: str, public_id: str) -> DocumentRow:
    profile, sight = _open_list(actor, customer)
    found = documents.find(profile.id, public_id, sight)
    if found is None:
        raise Missing()
    return found


def _open_list(actor: Actor, customer: str) -> tuple[Profile, Sight]:
    """The customer, and what of its list the actor sees."""
    profile = customers.require(customer)
    permission = Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.DOCUMENTS_VIEW
    return profile, sight_of(actor, access.require(actor, permission, profile))
