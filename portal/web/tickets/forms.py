"""Forms of tickets, in the portal and in the back office."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask_babel import lazy_gettext as _
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired

from portal.rules.tickets.states import Priority
from portal.web.forms import PortalForm, options


class AnswerForm(PortalForm):
    """A text with files."""

    text = TextAreaField(_("Your answer"), validators=[DataRequired(_("Write what it is about."))])
    files = MultipleFileField(_("Files"))

    @property
    def brought(self) -> list[tuple[BinaryIO, str]]:
        """The files, which can be rewound, and what whoever sent them calls them."""
        sent = [cast(FileStorage, one) for one in self.files.data or () if getattr(one, "filename", "")]
        return [(cast(BinaryIO, one.stream), one.filename or "") for one in sent]


class OpenForm(AnswerForm):
    """A new ticket."""

    subject = StringField(_("Subject"), validators=[DataRequired(_("Give it a subject, such as what does not work."))])


class GiveForm(PortalForm):
    """With whom a ticket is, and how urgent; the choices of `assignee` are set by the page."""

    assignee = SelectField(_("With"), validate_choice=False)
    priority = SelectField(_("Priority"), choices=options((one.value, one.label) for one in Priority))


class MergeForm(PortalForm):
    """The ticket to join one with."""

    into = StringField(
        _("The other ticket"), validators=[DataRequired(_("Enter the number of the ticket, such as TK-000118."))]
    )


class CannedForm(PortalForm):
    """A text to begin answers with."""

    title = StringField(_("Title"), validators=[DataRequired(_("Give it a title."))])
    text = TextAreaField(_("Text"), validators=[DataRequired(_("Write the text."))])
