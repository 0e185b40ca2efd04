"""What somebody looks for among sessions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import StringField

from portal.web.fields import DayField
from portal.web.forms import PortalForm


class FindForm(PortalForm):
    """The filter above the sessions; it stands in the address, so it needs no token."""

    class Meta(PortalForm.Meta):
        """A form that changes nothing."""

        csrf = False

    q = StringField(_("What"))
    place = StringField(_("Place"))
    day = DayField(_("From"))
