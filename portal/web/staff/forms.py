"""The forms of the back office."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.rules.books import EntryKind, Ledger
from portal.rules.customers.status import BillingType, Kind
from portal.rules.holders import Role
from portal.rules.roles import WORDINGS
from portal.rules.scopes import SCOPE_LINES, Scope
from portal.web.forms import DATE_FORMATS, options

POSTED_BY_HAND = (EntryKind.PAYMENT, EntryKind.CREDIT, EntryKind.DEBIT, EntryKind.REFUND)


class DetailsForm(FlaskForm):
    """A customer's details; the choices of `partner` are set by the page."""

    name = StringField("Name", validators=[DataRequired("Enter the customer’s name.")])
    given_name = StringField("Given name")
    family_name = StringField("Family name")
    kind = RadioField("Kind", choices=options((kind.value, kind.value.capitalize()) for kind in Kind))
    email = EmailField("Email address")
    billing_email = EmailField("Billing email address")
    phone = TelField("Phone")
    address = TextAreaField("Address")
    born_on = DateField("Date of birth", format=DATE_FORMATS, validators=[Optional()])
    partner = SelectField("Partner", validate_choice=False)
    billing_type = RadioField("Billing type", choices=options((kind.value, kind.label) for kind in BillingType))
    billing_day = IntegerField("Billing day", validators=[InputRequired("Enter a day from 1 to 28.")])


class InviteForm(FlaskForm):
    """Inviting somebody to sign in for a customer."""

    name = StringField("Name", validators=[DataRequired("Enter the person’s name.")])
    email = EmailField("Email address", validators=[DataRequired("Enter the person’s email address.")])
    scopes = SelectMultipleField(
        "What this person may do",
        choices=options((scope.value, text) for scope, text in SCOPE_LINES.items()),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        default=[scope.value for scope in Scope],
    )


class ConfigForm(FlaskForm):
    """A partner's portal and letterhead; the choices are set by the page."""

    name = StringField("Name", validators=[DataRequired("Enter the name that customers see.")])
    address = TextAreaField("Address")
    contact = TextAreaField("Contact")
    time_zone = SelectField("Time zone", validate_choice=False)
    locale = SelectField("Dates and amounts", validate_choice=False)
    shows_statements = BooleanField(
        "Statements and balances", description="Balances, statements and their lines, and saving and sending them."
    )
    shows_services = BooleanField("Services", description="Plans with their prices.")
    shows_documents = BooleanField("Documents", description="Saved statements and other files, and Save to Documents.")
    manages_independent = BooleanField("Main accounts can open independent sub-accounts")
    independent_orders = BooleanField("Orders are included")


class NoticesForm(FlaskForm):
    """What a partner's customers are told when they are blocked."""

    on = BooleanField("Tell customers when they are blocked")
    sub_accounts = BooleanField("Tell sub-accounts that follow as well")
    by_email = BooleanField("Email")
    by_sms = BooleanField("SMS")
    hour = SelectField(
        "Hour", choices=options((str(hour), f"{hour:02}:00") for hour in range(24)), validate_choice=False
    )
    subject = StringField("Subject")
    body = TextAreaField("Text of the email")
    sms = TextAreaField("Text of the SMS")


class AdministratorForm(FlaskForm):
    """Inviting an administrator; the choices of `role` and `partner` are set by the page."""

    name = StringField("Name", validators=[DataRequired("Enter the person’s name.")])
    email = EmailField("Email address", validators=[DataRequired("Enter the person’s email address.")])
    role = RadioField("Role", default=Role.FRONT_OF_HOUSE.value)
    partner = SelectField("Customers of", validate_choice=False)


class RoleForm(FlaskForm):
    """A role of administrators. The page draws the permissions in groups."""

    name = StringField("Name", validators=[DataRequired("Enter the name of the role.")])
    description = TextAreaField("What it is for")
    permissions = SelectMultipleField(
        "What it allows", choices=options((one.value, one.label) for one in WORDINGS.values())
    )


class PermissionsForm(FlaskForm):
    """What one administrator may do: the role's permissions and the exceptions beside it."""

    permissions = SelectMultipleField(
        "What they may do", choices=options((one.value, one.label) for one in WORDINGS.values())
    )


class PostForm(FlaskForm):
    """Recording money or a correction on a customer's books. The documents with lines have forms of their own."""

    kind = RadioField("What", choices=options((kind.value, kind.label) for kind in POSTED_BY_HAND))
    amount = StringField("Amount", validators=[InputRequired("Enter an amount, such as 12.50.")])
    on = DateField("Date", format=DATE_FORMATS, validators=[InputRequired("Enter the day it counts from.")])
    ledger = RadioField("Account", choices=options((one.value, one.label) for one in Ledger))
    description = StringField("Description")


class ReverseForm(FlaskForm):
    """Taking an entry back."""

    reason = StringField("Reason", validators=[DataRequired("Enter why the entry is taken back.")])
