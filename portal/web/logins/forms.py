"""The forms around signing in. Passwords are taken exactly as they were typed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, Length, Regexp

from portal.web.forms import PortalForm

LONGEST_EMAIL = 254


class SignInForm(PortalForm):
    email = EmailField(_("Email address"), validators=[DataRequired(_("Enter your email address."))])
    password = PasswordField(_("Password"), validators=[DataRequired(_("Enter your password."))])


class ForgotForm(PortalForm):
    email = EmailField(
        _("Email address"),
        validators=[
            DataRequired(_("Enter your email address.")),
            Length(max=LONGEST_EMAIL, message=_("This is too long for an email address.")),
            Regexp(r"\s*[^@\s]+@[^@\s]+\s*$", message=_("Enter a whole email address, like name@example.org.")),
        ],
    )


class ActivateForm(PortalForm):
    customer_number = StringField(
        _("Customer number"),
        validators=[
            DataRequired(_("Enter your customer number.")),
            Length(max=100, message=_("This is too long for a customer number.")),
        ],
    )
    email = EmailField(
        _("Email address"),
        validators=[
            DataRequired(_("Enter your email address.")),
            Length(max=LONGEST_EMAIL, message=_("This is too long for an email address.")),
        ],
    )


class ChoosePasswordForm(PortalForm):
    password = PasswordField(_("New password"), validators=[DataRequired(_("Choose a password."))])


class ChangePasswordForm(PortalForm):
    current_password = PasswordField(
        _("Current password"), validators=[DataRequired(_("Enter your current password."))]
    )
    password = PasswordField(_("New password"), validators=[DataRequired(_("Choose a new password."))])
