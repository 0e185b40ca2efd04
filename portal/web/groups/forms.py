"""The forms about groups: dependents, invitations, members, agreements, and newcomers who accept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import EmailField, PasswordField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.actions.groups import Label
from portal.rules.groups import GroupRole
from portal.rules.groups.ends import End
from portal.rules.powers import OFFERED, choices
from portal.rules.scopes import Scope
from portal.rules.sentences import say
from portal.web.fields import BornField, EndField
from portal.web.forms import PortalForm, options

ROLES = {
    GroupRole.ADMIN.value: say("Admin: acts for the dependents and manages them"),
    GroupRole.DEPENDENT.value: say("Dependent: is acted for"),
}


def role_choices(*roles: str) -> list[SelectChoice]:
    """These roles with what they mean."""
    return [SelectChoice(role, ROLES[role]) for role in roles]


class RoleField(RadioField):
    """A role to choose. What is withheld is not offered, and refused by its rule where it is sent (G15)."""

    withheld: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Any]:
        """The roles that are offered."""
        return (option for option in super().__iter__() if option.data not in self.withheld)

    def withhold_from_children(self, young: bool, now: GroupRole | None = None) -> None:
        """Offer somebody who is not of age the role Dependent alone, beside the one they have `now`."""
        if young:
            self.withheld = frozenset(role.value for role in GroupRole if role.manages and role is not now)


def _scopes(label: str, default: Iterable[Scope]) -> SelectMultipleField:
    return SelectMultipleField(
        label,
        choices=options((scope.value, text) for scope, text in choices()),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        default=[scope.value for scope in default],
    )


class DependentForm(PortalForm):
    """A child, or somebody else without a login; the choices of `label` are set by the page."""

    given_name = StringField(_("Given name"), validators=[DataRequired(_("Enter the given name."))])
    family_name = StringField(_("Family name"))
    born_on = BornField(_("Date of birth"), missing=_("Enter the date of birth."))
    label = SelectField(_("Label"), validate_choice=False)


class CreateForm(DependentForm):
    """A group of one's own with its first dependent."""

    own_label = SelectField(_("Your label"), validate_choice=False)


class InviteForm(PortalForm):
    """Inviting somebody by email; the choices of `role` and `label` are set by the page."""

    email = EmailField(_("Email address"), validators=[DataRequired(_("Enter their email address."))])
    name = StringField(_("Name"))
    role = RadioField(_("Role"), choices=role_choices(*ROLES), default=GroupRole.ADMIN.value)
    label = SelectField(_("Label"), validate_choice=False)
    scopes = _scopes(_("What they may do for the dependents"), (Scope.VIEW, Scope.BOOK, Scope.DOCUMENTS))
    until = EndField(_("End"))


class MemberForm(PortalForm):
    """Changing a member; the choices are set by the page."""

    role = RoleField(_("Role"), choices=role_choices(*ROLES))
    label = SelectField(_("Label"), validate_choice=False)
    scopes = _scopes(_("What they may do for the dependents"), ())
    until = EndField(_("End"))

    @property
    def end(self) -> End | None:
        """The end that was chosen; None for the Owner, who is not asked."""
        return self.until.end if "until" in self else None


class AgreementForm(PortalForm):
    """How far an adult lets the group act for them."""

    scopes = _scopes(_("They may"), (Scope.VIEW, Scope.BOOK, Scope.DOCUMENTS))


class NewcomerForm(AgreementForm):
    """Accepting an invitation without a login yet. Passwords are taken exactly as they were typed."""

    given_name = StringField(_("Given name"))
    family_name = StringField(_("Family name"))
    born_on = BornField(_("Date of birth"), missing=_("Enter your date of birth."))
    password = PasswordField(_("Password"), validators=[DataRequired(_("Choose a password."))])


def label_choices(labels: Iterable[Label], worn: str = "") -> list[SelectChoice]:
    """The labels to choose from; the one that is worn is among them even when it is retired."""
    names = [label.name for label in labels]
    if worn and worn not in names:
        names.append(worn)
    return [SelectChoice("", say("No label")), *(SelectChoice(name, name) for name in names)]


def scopes_of(values: Iterable[str] | None) -> frozenset[Scope]:
    """The scopes that were ticked; words that are none, or are not offered, count for nothing (G17, SEC7)."""
    known = {scope.value for scope in OFFERED}
    return frozenset(Scope(value) for value in values or () if value in known)
