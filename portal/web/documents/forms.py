"""The form of a document, in the portal and in the back office."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, cast

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired

from portal.rules.documents import Audience, Wording
from portal.rules.sentences import say
from portal.web.forms import PortalForm, options

AUDIENCES = {
    Audience.EVERYBODY: say("Whoever may see these documents"),
    Audience.OWN: say("Only people who sign in for this account, and the operator"),
    Audience.STAFF: say("Only staff"),
}


class WordingForm(PortalForm):
    """How a document stands in its list; the choices of `audience` are set by the page."""

    title = StringField(_("Title"))
    folder = StringField(_("Folder"))
    audience = RadioField(_("Who may see it"), validate_choice=False)

    def offer(self, audiences: Sequence[Audience], now: Audience | None = None) -> None:
        """Give the audiences to choose from, and choose one where none was sent."""
        self.audience.choices = options((one.value, AUDIENCES[one]) for one in audiences)
        if not self.audience.data:
            self.audience.data = (now or audiences[0]).value

    @property
    def wanted(self) -> Wording:
        """What was typed and chosen."""
        known = {one.value: one for one in Audience}
        audience = known.get(self.audience.data or "", Audience.EVERYBODY)
        return Wording(self.title.data or "", self.folder.data or "", audience)


class UploadForm(WordingForm):
    """A file to be put into the documents."""

    file = FileField(_("File"), validators=[DataRequired(_("Choose a file."))])

    @property
    def sent(self) -> tuple[BinaryIO, str]:
        """The file, which can be rewound, and what whoever sent it calls it."""
        storage = cast(FileStorage, self.file.data)
        return cast(BinaryIO, storage.stream), storage.filename or ""
