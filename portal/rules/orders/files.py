"""What a row of the catalogue must look like before anything is looked up (M2)."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from portal.rules import texts
from portal.rules.amounts import NoAmount, parse_number
from portal.rules.cells import Values, Wrong, identifier, limited, missing, one_of
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.files import percentage, whole
from portal.rules.orders import PRICE_PLACES, ItemKind
from portal.rules.sentences import Sentence, say
from portal.rules.services import Period

LONGEST_NAME, MOST_STOCK, DEAREST = 200, 999_999, 10**9


class CatalogueRow(NamedTuple):
    """A row of the catalogue. None means that the file does not say; without a stock, none is kept."""

    external_id: str
    name: str
    price_e4: int
    rate: Decimal | None
    prices: Prices | None
    period: Period
    stock: int | None
    kind: ItemKind


def catalogue_row(values: Values, wrong: Wrong) -> CatalogueRow | None:
    """A row of the catalogue."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    external_id, name, price, rate, prices, period, stock, kind = values
    row = CatalogueRow(
        identifier(external_id, "external_id", bad),
        limited(texts.name(name or ""), LONGEST_NAME, "name", bad) or missing("name", bad),
        price_e4(price, bad),
        percentage(rate, "tax_rate", bad),
        one_of(Prices, prices, "prices", bad),
        one_of(Period, period, "period", bad) or Period.MONTH,
        whole(stock, 0, MOST_STOCK, "stock", bad),
        one_of(ItemKind, kind, "kind", bad) or ItemKind.ITEM,
    )
    return None if failed else row


def price_e4(text: str | None, wrong: Wrong) -> int:
    """A price in ten thousandths; 0 where it was reported."""
    if not text:
        missing("price", wrong)
        return 0
    try:
        price = parse_number(text, PRICE_PLACES)
    except NoAmount as fault:
        wrong("price", fault.sentence)
        return 0
    if not 0 <= price <= DEAREST:
        wrong("price", say("“{text}” is no price. A price is zero or more.", text=text[:40]))
        return 0
    return int(price * 10**PRICE_PLACES)
