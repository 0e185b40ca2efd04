"""Column types shared by the tables."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Integer,
    SQLColumnExpression,
    String,
    Text,
    TypeDecorator,
    cast,
    func,
)
from sqlalchemy.orm import mapped_column

from portal.rules import texts
from portal.rules.scopes import Scope
from portal.rules.sentences import Sentence, as_json, from_json, verbatim

BigInt = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """A timezone-aware UTC instant on both engines; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC) if dialect.name != "sqlite" else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        stored: datetime = value
        return stored.astimezone(UTC) if stored.tzinfo else stored.replace(tzinfo=UTC)


class Saying(TypeDecorator[Sentence]):
    """A sentence in a column of text: with its parts as JSON, or the bare text of what another system answered."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sentence | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        text = str(value)
        return (
            text
            if value == verbatim(text) and not text.startswith(_KEPT)
            else json.dumps(as_json(value), ensure_ascii=False)
        )

    def process_result_value(self, value: Any, dialect: Dialect) -> Sentence | None:
        if value is None:
            return None
        return from_json(json.loads(value)) if value.startswith(_KEPT) else verbatim(value)


_KEPT = '{"say": '


class Rate(TypeDecorator[Decimal]):
    """A percentage with up to three decimal places, kept as whole thousandths."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        thousandths = value.scaleb(3)
        if thousandths != thousandths.to_integral_value():
            raise ValueError(f"{value} has more than three decimal places")
        return int(thousandths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else rate_of(value)


@lru_cache(maxsize=1024)
def rate_of(thousandths: int) -> Decimal:
    """A percentage from thousandths, without zeros at its end: 21000 is 21."""
    whole, part = divmod(thousandths, 1000)
    return Decimal(f"{whole}.{part:03}".rstrip("0").rstrip("."))


class Identity(TypeDecorator[str]):
    """A text that people or things are known by, written and asked for in the one form of its kind (SEC60).

    `form` is the function of its kind, the length is in characters.
    """

    impl = String
    cache_ok = True
    form: Callable[[str], str]

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else type(self).form(value)


class EmailText(Identity):
    """An address to write to."""

    cache_ok = True
    form = staticmethod(texts.email)


class EmailKey(Identity):
    """An address that somebody signs in with, or will."""

    cache_ok = True
    form = staticmethod(texts.email_key)


class NameText(Identity):
    """What a person or thing is called."""

    cache_ok = True
    form = staticmethod(texts.name)


class IdText(Identity):
    """A number or id from elsewhere."""

    cache_ok = True
    form = staticmethod(texts.identifier)


class Words(Enum):
    """An `Enum` stored as its words. Reading looks them up at once, without SQLAlchemy's function around it."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:
        return self._object_lookup.__getitem__


def words(kind: type[StrEnum], length: int, *, check: str | None = None) -> Words:
    """The type of a column that holds one of the words of `kind`, stored as text of `length`.

    `check` names the constraint that lets nothing else in; None where the table has another one, or none.
    A word that is none of them is refused before it reaches the database.
    """
    return Words(
        kind,
        length=length,
        name=check,
        create_constraint=check is not None,
        native_enum=False,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


def scopes_text(scopes: Iterable[Scope]) -> str:
    """Scopes as a column holds them."""
    return ",".join(sorted(scope.value for scope in scopes))


def scopes_of(stored: str) -> frozenset[Scope]:
    """Scopes from a column; a word that is no scope any more grants nothing."""
    known = {scope.value: scope for scope in Scope}
    return frozenset(known[word] for word in stored.split(",") if word in known)


class Scopes(TypeDecorator[frozenset[Scope]]):
    """A comma-separated list that is read as scopes."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> frozenset[Scope] | None:
        return None if value is None else scopes_of(value)


def total(amounts: SQLColumnExpression[int]) -> ColumnElement[int]:
    """The sum of a column, 0 of nothing, and an integer on both engines: PostgreSQL sums up to decimals."""
    return cast(func.coalesce(func.sum(amounts), 0), BigInt)


def new_public_id() -> str:
    """Twenty hexadecimal digits, 80 random bits: what stands in addresses instead of a key."""
    return secrets.token_hex(10)


def new_public_ids(count: int) -> list[str]:
    """So many public ids at once."""
    digits = secrets.token_hex(10 * count)
    return [digits[start : start + 20] for start in range(0, 20 * count, 20)]


Key = Annotated[int, mapped_column(BigInt, primary_key=True)]
PublicId = Annotated[str, mapped_column(String(20), unique=True, default=new_public_id)]
PartnerRef = Annotated[int, mapped_column(ForeignKey("partner.id"))]
CustomerRef = Annotated[int, mapped_column(ForeignKey("customer.id"))]
At = Annotated[datetime, mapped_column(Instant)]
