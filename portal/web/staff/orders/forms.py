"""The form of an item of the catalogue."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired

from portal.actions.orders.catalogue import Draft
from portal.rules.orders import ItemKind
from portal.rules.services import Period
from portal.web.fields import CountField, PriceField, RateField
from portal.web.forms import PortalForm, options
from portal.web.services.forms import PERIODS


class ItemForm(PortalForm):
    """What can be ordered. The price is in the currency of whoever orders."""

    name = StringField(_("Name"), validators=[DataRequired(_("Enter what it is called."))])
    description = TextAreaField(_("Description"))
    kind = RadioField(
        _("What it is"), choices=options((one.value, one.label) for one in ItemKind), default=ItemKind.ITEM.value
    )
    price = PriceField(
        _("Price"),
        missing=_("Enter an amount; 0 where it is free."),
        description=_("For one, in the currency of whoever orders."),
    )
    period = RadioField(_("A service is paid for"), choices=options(PERIODS), default=Period.MONTH.value)
    rate = RateField(_("Tax rate"), description=_("Empty: as the customer or the partner has it."))
    stock = CountField(_("In stock"), description=_("Empty: none is counted."))
    retired = BooleanField(_("Not offered any more"))

    def draft(self) -> Draft:
        """What was typed."""
        price: Decimal = self.price.data
        rate: Decimal | None = self.rate.data
        return Draft(
            name=self.name.data or "",
            description=self.description.data or "",
            kind=ItemKind(self.kind.data),
            price=price,
            period=Period(self.period.data),
            rate=rate,
            prices=None,
            stock=self.stock.data,
            retired=bool(self.retired.data),
        )
