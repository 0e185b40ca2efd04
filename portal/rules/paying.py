"""How to pay what is asked for (F12): to whom, by which reference, and the code that bank apps read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


def still_asked(asked_minor: int, open_minor: int) -> int:
    """What a payment request asks for of an invoice now, in minor units: what it asked for, as far as that is open.

    Its page, and what is proposed for a bank line that names it, both go by this (F12, F16).
    """
    return max(0, min(asked_minor, open_minor))


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code without its margin: `rows` are `size` texts of as many 0 and 1, from the top; 1 is dark."""

    rows: tuple[str, ...]

    @property
    def size(self) -> int:
        """Modules along one side."""
        return len(self.rows)

    def bars(self) -> Iterator[tuple[int, int, int]]:
        """The dark stretches of each row: column and row of the first module, and how many."""
        for y, row in enumerate(self.rows):
            x = 0
            while (x := row.find("1", x)) >= 0:
                end = row.find("0", x)
                length = (end if end >= 0 else len(row)) - x
                yield x, y, length
                x += length

    @property
    def path(self) -> str:
        """The code as the path of an SVG: strokes one module wide, in modules."""
        return "".join(f"M{x} {y}.5h{length}" for x, y, length in self.bars())

    @property
    def packed(self) -> str:
        """The code as one word, for an attribute of a template."""
        return "-".join(f"{int(row, 2):x}" for row in self.rows)

    @classmethod
    def unpacked(cls, word: str) -> Code:
        """The code that a word stands for. Raises ValueError for another word."""
        rows = word.split("-")
        return cls(tuple(f"{int(row, 16):0{len(rows)}b}" for row in rows))


@dataclass(frozen=True, slots=True)
class PaymentBlock:
    """How to pay an amount: the account, its holder, and the `reference` by which the payment is found again.

    `amount_minor` is above zero. `iban` is printed in groups of four; `bic` and `holder` may be "". `code` is None for
    other currencies than EUR, and where the account has no holder.
    """

    holder: str
    iban: str
    bic: str
    reference: str
    amount_minor: int
    currency: str
    code: Code | None = None
