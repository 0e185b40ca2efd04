"""The forms of the back office."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    EmailField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.rules.customers.status import BillingType, Kind
from portal.rules.holders import Role
from portal.rules.powers import OFFERED, choices
from portal.rules.roles import WORDINGS
from portal.web.fields import BirthField, CountField, PhoneField, RateField
from portal.web.forms import PortalForm, options
from portal.web.wording import KINDS


class ContactForm(PortalForm):
    """Who a customer is called and how it is reached (C5)."""

    name = StringField(_("Name"), validators=[DataRequired(_("Enter the customer’s name."))])
    given_name = StringField(_("Given name"))
    family_name = StringField(_("Family name"))
    email = EmailField(_("Email address"))
    billing_email = EmailField(_("Billing email address"))
    phone = PhoneField(_("Phone"))
    address = TextAreaField(_("Address"))


class DetailsForm(ContactForm):
    """All of a customer's details; the choices of `partner` are set by the page."""

    kind = RadioField(_("Kind"), choices=options((kind.value, KINDS[kind.value]) for kind in Kind))
    born_on = BirthField(_("Date of birth"))
    partner = SelectField(_("Partner"), validate_choice=False)
    billing_type = RadioField(_("Billing type"), choices=options((kind.value, kind.label) for kind in BillingType))
    billing_day = CountField(_("Billing day"), missing=_("Enter a day from 1 to 31."))
    tax_rate = RateField(_("Tax rate"))


class InviteForm(PortalForm):
    """Inviting somebody to sign in for a customer."""

    name = StringField(_("Name"), validators=[DataRequired(_("Enter the person’s name."))])
    email = EmailField(_("Email address"), validators=[DataRequired(_("Enter the person’s email address."))])
    scopes = SelectMultipleField(
        _("What this person may do"),
        choices=options((scope.value, text) for scope, text in choices()),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        default=[scope.value for scope in OFFERED],
    )


class ConfigForm(PortalForm):
    """A partner's portal and letterhead; the choices are set by the page."""

    name = StringField(_("Name"), validators=[DataRequired(_("Enter the name that customers see."))])
    address = TextAreaField(_("Address"))
    contact = TextAreaField(_("Contact"))
    time_zone = SelectField(_("Time zone"), validate_choice=False)
    locale = SelectField(_("Dates and amounts"), validate_choice=False)
    shows_statements = BooleanField(
        _("Statements and balances"),
        description=_("Balances, statements and their lines, and saving and sending them."),
    )
    shows_services = BooleanField(_("Services"), description=_("Plans with their prices."))
    shows_documents = BooleanField(
        _("Documents"), description=_("Saved statements and other files, and Save to Documents.")
    )
    shows_bookings = BooleanField(_("Bookings"), description=_("What can be booked, bookings and the calendar."))
    shows_memberships = BooleanField(_("Memberships"), description=_("Plans to buy, and memberships."))
    shows_tickets = BooleanField(_("Tickets"), description=_("Writing to you, and reading what was written."))
    manages_independent = BooleanField(_("Main accounts can open independent sub-accounts"))
    independent_orders = BooleanField(_("Orders are included"))


class LooksForm(PortalForm):
    """The colour and the logo of a partner's portal."""

    colour = StringField(_("Colour"))
    logo = FileField(_("Logo"))
    without = BooleanField(_("Take the logo away"))

    @property
    def picture(self) -> BinaryIO | None:
        """The file that was chosen, if one was."""
        storage = self.logo.data
        return cast(BinaryIO, storage.stream) if isinstance(storage, FileStorage) and storage.filename else None


class NoticesForm(PortalForm):
    """What a partner's customers are told when they are blocked."""

    on = BooleanField(_("Tell customers when they are blocked"))
    sub_accounts = BooleanField(_("Tell sub-accounts that follow as well"))
    by_email = BooleanField(_("Email"))
    by_sms = BooleanField(_("SMS"))
    hour = SelectField(
        _("Hour"), choices=options((str(hour), f"{hour:02}:00") for hour in range(24)), validate_choice=False
    )
    subject = StringField(_("Subject"))
    body = TextAreaField(_("Text of the email"))
    sms = TextAreaField(_("Text of the SMS"))


class AdministratorForm(PortalForm):
    """Inviting an administrator; the choices of `role` and `partner` are set by the page."""

    name = StringField(_("Name"), validators=[DataRequired(_("Enter the person’s name."))])
    email = EmailField(_("Email address"), validators=[DataRequired(_("Enter the person’s email address."))])
    role = RadioField(_("Role"), default=Role.FRONT_OF_HOUSE.value)
    partner = SelectField(_("Customers of"), validate_choice=False)


class RoleForm(PortalForm):
    """A role of administrators. The page draws the permissions in groups."""

    name = StringField(_("Name"), validators=[DataRequired(_("Enter the name of the role."))])
    description = TextAreaField(_("What it is for"))
    permissions = SelectMultipleField(
        _("What it allows"), choices=options((one.value, one.label) for one in WORDINGS.values())
    )


class PermissionsForm(PortalForm):
    """What one administrator may do: the role's permissions and the exceptions beside it."""

    permissions = SelectMultipleField(
        _("What they may do"), choices=options((one.value, one.label) for one in WORDINGS.values())
    )


class ReverseForm(PortalForm):
    """Taking an entry back."""

    reason = StringField(_("Reason"), validators=[DataRequired(_("Enter why the entry is taken back."))])
