"""The form of a membership plan."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired

from portal.actions.memberships.plans import PlanDraft
from portal.rules import texts
from portal.rules.memberships.states import Granted
from portal.rules.sentences import say
from portal.web.fields import AmountField, CountField, RateField
from portal.web.forms import PortalForm, options

GRANTED = ((Granted.AT_ONCE.value, say("At once")), (Granted.PAID.value, say("When its invoice is paid")))


class PlanForm(PortalForm):
    """What is sold. Made with `meta=amounts_in(…)` of its partner's currency."""

    name = StringField(_("Name"), validators=[DataRequired(_("Enter what it is called."))])
    description = TextAreaField(_("Description"))
    price = AmountField(_("Price"), missing=_("Enter an amount; 0 where it is free."))
    tax_rate = RateField(_("Tax rate"), description=_("Empty: as the customer or the partner has it."))
    period = StringField(
        _("Period"),
        description=_("Such as 1 month, 30 days or 1 year. Empty: it has no end, or is for a number of visits."),
    )
    visits = CountField(_("Number of visits"), description=_("For a card of visits. Empty: not limited."))
    included = CountField(
        _("Included visits a period"), description=_("Empty: any number, or none where it only takes a discount off.")
    )
    discount = RateField(_("Discount"), description=_("Percent off a session where no visit is included."))
    benefit_class = StringField(_("Class"), description=_("Sessions for which it counts. Empty: all of them."))
    age_from = CountField(_("From age"))
    age_to = CountField(_("Up to age"))
    freeze_days = CountField(_("Days it can be frozen a year"), description=_("Empty: it cannot be frozen."))
    granted = RadioField(_("It begins"), choices=options(GRANTED), default=Granted.AT_ONCE.value)
    renews = BooleanField(_("The billing run renews it"), default=True)

    def draft(self) -> PlanDraft:
        """What was typed."""
        return PlanDraft(
            name=texts.name(self.name.data or ""),
            description=(self.description.data or "").strip(),
            price_minor=self.price.data,
            tax_rate=self.tax_rate.data,
            period=self.period.data or "",
            visits=self.visits.data,
            benefit_class=texts.name(self.benefit_class.data or ""),
            included=self.included.data,
            discount=self.discount.data,
            age_from=self.age_from.data,
            age_to=self.age_to.data,
            freeze_days=self.freeze_days.data,
            granted=Granted(self.granted.data),
            renews=bool(self.renews.data),
        )
