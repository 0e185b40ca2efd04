"""How prices are meant."""

from __future__ import annotations

from enum import StrEnum


class Prices(StrEnum):
    """Whether unit prices come without tax, or contain it (F4)."""

    NET = "net"
    GROSS = "gross"
