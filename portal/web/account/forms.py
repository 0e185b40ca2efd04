"""The form that chooses what the customer search looks at."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.rules.customers.search_fields import SearchField
from portal.web.forms import PortalForm


class SearchFieldsForm(PortalForm):
    """Which fields of a customer are looked at; the page draws a box for each."""

    fields = SelectMultipleField(
        _("Fields"), choices=[SelectChoice(field.value, field.label) for field in SearchField], validate_choice=True
    )
