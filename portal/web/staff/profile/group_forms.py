"""The forms of the back office about groups, their labels and their switches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, EmailField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.rules.groups import GroupRole
from portal.rules.groups.ends import NO_END, End
from portal.rules.powers import choices
from portal.rules.scopes import Scope
from portal.rules.sentences import say
from portal.web.fields import BornField, CountField, EndField
from portal.web.forms import PortalForm, options
from portal.web.groups.forms import RoleField

CHOSEN_SCOPES = [scope for scope, _text in choices() if scope is not Scope.VIEW]
"""What can be given to an Admin or kept from it; seeing details is always included (G12)."""


class MemberForm(PortalForm):
    """A member's place in a group; the choices of `label` and `owner_label` are set by the page."""

    owner_label = SelectField(_("Label of the Owner"), validate_choice=False)
    role = RoleField(
        _("Role"),
        choices=options((role.value, role.label) for role in GroupRole),
        default=GroupRole.DEPENDENT.value,
    )
    label = SelectField(_("Label"), validate_choice=False)
    scopes = SelectMultipleField(
        _("What this Admin may do for the Dependents"),
        choices=options((scope.value, line) for scope, line in choices() if scope in CHOSEN_SCOPES),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validate_choice=False,
        default=[scope.value for scope in CHOSEN_SCOPES],
    )
    until = EndField(_("End"))

    @property
    def end(self) -> End:
        """The end that was chosen; an Owner has none, whatever the form says."""
        owns = self.role.data == GroupRole.OWNER.value
        return NO_END if owns or "until" not in self else self.until.end

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether it can be sent on; an Owner is not asked for an end."""
        if self.role.data == GroupRole.OWNER.value and "until" in self:
            self.until.waive()
        return bool(super().validate(extra_validators))

    def allow(self, roles: Iterable[GroupRole]) -> None:
        """Offer only these roles."""
        self.role.choices = options((role.value, role.label) for role in roles)


class NewcomerForm(PortalForm):
    """Somebody who is not a customer yet; the choices of `label` and `owner_label` are set by the page."""

    owner_label = SelectField(_("Label of the Owner"), validate_choice=False)
    given_name = StringField(_("Given name"), validators=[DataRequired(_("Enter the given name."))])
    family_name = StringField(_("Family name"))
    born_on = BornField(_("Date of birth"), missing=_("Enter the date of birth."))
    label = SelectField(_("Label"), validate_choice=False)


class InviteForm(MemberForm):
    """Inviting somebody by email; the choices of `label` are set by the page. Nobody is invited as Owner."""

    email = EmailField(_("Email address"), validators=[DataRequired(_("Enter the email address."))])
    name = StringField(_("Name"))
    role = RoleField(
        _("Role"),
        choices=options((role.value, role.label) for role in GroupRole if role is not GroupRole.OWNER),
        default=GroupRole.ADMIN.value,
    )


class LabelForm(PortalForm):
    """A label's name."""

    name = StringField(_("Label"), validators=[DataRequired(_("Enter the name of the label."))])


class GroupChoicesForm(PortalForm):
    """What a partner chooses about groups."""

    groups_on = RadioField(
        _("Groups"),
        choices=options([("follow", say("As the installation")), ("on", say("On")), ("off", say("Off"))]),
    )
    customers_create_groups = BooleanField(_("Customers may create groups"))
    groups_per_customer = CountField(_("Groups per customer"), missing=_("Enter a number from 1."))
    majority_age = CountField(_("Majority age"), missing=_("Enter an age in years."))


class FreezeForm(PortalForm):
    """Why the guardianship over a customer is frozen, or is not any more."""

    reason = TextAreaField(_("Reason"), validators=[DataRequired(_("Enter the reason. Only staff can read it."))])
