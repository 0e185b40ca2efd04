"""What is ordered in the demo: a catalogue with stock, an order on its way and one to accept, a plan that changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from portal.actions.orders import catalogue, handling, placing
from portal.actions.orders.catalogue import Draft
from portal.actions.orders.placing import Wanted
from portal.actions.services import changing
from portal.actions.services.changing import Wish
from portal.db import services
from portal.db.customers import profiles as customers
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.orders import ItemKind
from portal.rules.services import Deed, Period

ITEMS = (
    ("Router R2", "Wi-Fi 6, wall mount in the box", ItemKind.ITEM, "62.00", 14),
    ("Cable, 5 m", "Cat 6a, grey", ItemKind.ITEM, "7.50", 1),
    ("Desk phone", "With a second handset", ItemKind.ITEM, "48.90", 6),
    ("Broadband 50", "50 / 10 Mbit/s", ItemKind.SERVICE, "49.90", None),
    ("Broadband 200", "200 / 50 Mbit/s, same router", ItemKind.SERVICE, "74.90", None),
    ("Fibre 500", "500 / 500 Mbit/s, a technician comes", ItemKind.SERVICE, "99.00", None),
    ("Static address", "One IPv4 address that stays", ItemKind.SERVICE, "9.90", None),
)


def set_up() -> None:
    """Fill the catalogue, order from it, and let a branch change its plan next month."""
    branch = customers.require("demo-branch")
    carrier = replace(SYSTEM, partner_id=branch.partner_id)
    made = {
        name: catalogue.add(carrier, Draft(name, text, kind, Decimal(price), Period.MONTH, None, None, stock))
        for name, text, kind, price, stock in ITEMS
    }
    router, phone = made["Router R2"], made["Desk phone"]
    on_its_way = placing.place(SYSTEM, Wanted("demo-branch", ((router, 1),), external_id="demo-order-router"))
    handling.accept(SYSTEM, on_its_way.public_id)
    placing.place(SYSTEM, Wanted("demo-company", ((phone, 2), (router, 1)), external_id="demo-order-phones"))
    today = clock.today(branch.time_zone)
    ahead = next(one for one in services.of_customer(branch.id, today) if one.plan.startswith("Broadband"))
    changing.carry_out(
        SYSTEM, Wish(ahead.public_id, Deed.CHANGE, _middle_of_next_month(today), plan="Broadband 200", price=7490)
    )


def _middle_of_next_month(today: date) -> date:
    year, month = divmod(today.year * 12 + today.month, 12)
    return date(year, month + 1, 15)
