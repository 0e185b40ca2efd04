"""The forms around signing in. Passwords are taken exactly as they were typed."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, Length, Regexp

LONGEST_EMAIL = 254


class SignInForm(FlaskForm):
    email = EmailField("Email address", validators=[DataRequired("Enter your email address.")])
    password = PasswordField("Password", validators=[DataRequired("Enter your password.")])


class ForgotForm(FlaskForm):
    email = EmailField(
        "Email address",
        validators=[
            DataRequired("Enter your email address."),
            Length(max=LONGEST_EMAIL, message="This is too long for an email address."),
            Regexp(r"\s*[^@\s]+@[^@\s]+\s*$", message="Enter a whole email address, like name@example.org."),
        ],
    )


class ActivateForm(FlaskForm):
    customer_number = StringField(
        "Customer number",
        validators=[
            DataRequired("Enter your customer number."),
            Length(max=100, message="This is too long for a customer number."),
        ],
    )
    email = EmailField(
        "Email address",
        validators=[
            DataRequired("Enter your email address."),
            Length(max=LONGEST_EMAIL, message="This is too long for an email address."),
        ],
    )


class ChoosePasswordForm(FlaskForm):
    password = PasswordField("New password", validators=[DataRequired("Choose a password.")])


class ChangePasswordForm(FlaskForm):
    current_password = PasswordField("Current password", validators=[DataRequired("Enter your current password.")])
    password = PasswordField("New password", validators=[DataRequired("Choose a new password.")])
