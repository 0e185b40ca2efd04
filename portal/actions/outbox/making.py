"""Files that are made when the message leaves that carries them, so that whoever writes it need not wait (F5, S8).

A maker is registered under a word; an attachment of the outbox names it with a public id. It runs outside of any
transaction. What it gives back is kept in one transaction with the message, so that a worker that dies before makes it
again, and one that dies after sends what was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from portal.db import files as stored
from portal.db import outbox
from portal.db.engine import writes
from portal.db.outbox import Attachment, Claimed


@dataclass(frozen=True, slots=True)
class Made:
    """A file for a message. `kept` is called in the transaction that keeps it, with the id of the stored file."""

    data: bytes
    filename: str
    content_type: str
    kept: Callable[[int], object] = lambda _file_id: None


Maker: TypeAlias = Callable[[str], Made]
MAKERS: dict[str, Maker] = {}


class LeaseLost(Exception):
    """Another worker has taken the message over."""


def makes(word: str) -> Callable[[Maker], Maker]:
    """Register the maker of files that attachments call `word`."""

    def register(maker: Maker) -> Maker:
        if word in MAKERS:
            raise RuntimeError(f"two makers are called {word}")
        MAKERS[word] = maker
        return maker

    return register


def prepared(claimed: Claimed) -> Claimed:
    """The message with every file that it carries. Raises what the makers raise, and LeaseLost."""
    if all(one.file_id is not None for one in claimed.attachments):
        return claimed
    made = [_made(one) for one in claimed.attachments]
    return replace(claimed, attachments=_keep(claimed, made))


def _made(one: Attachment) -> Attachment | Made:
    if one.file_id is not None:
        return one
    word, _, public_id = one.makes.partition(" ")
    return MAKERS[word](public_id)


@writes
def _keep(claimed: Claimed, made: list[Attachment | Made]) -> tuple[Attachment, ...]:
    kept = tuple(_kept(one) for one in made)
    if not outbox.attach(claimed, kept):
        raise LeaseLost
    return kept


def _kept(one: Attachment | Made) -> Attachment:
    if isinstance(one, Attachment):
        return one
    file_id = stored.keep(one.data, one.content_type)
    one.kept(file_id)
    return Attachment(file_id, one.filename, one.content_type)
