"""What the pages of My Group share: forms, pages that say what a step means, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.groups import Outcome
from portal.rules.errors import Conflict, Invalid, Refused
from portal.rules.sentences import Sentence, say
from portal.web.forms import add_errors
from portal.web.guard import actor
from portal.web.remedies import linked
from portal.web.telling import tell, tell_done


def addresses(group: str) -> Callable[..., str]:
    return lambda endpoint, **values: url_for(f"my_group.{endpoint}", group=group, **values)


def back_to_group(done: Outcome, then: Sentence) -> ResponseReturnValue:
    """Back to the group with a sentence about what was done; to Home when the group is gone."""
    tell_done(done.sentence, then)
    if done.alone:
        tell(say("You are the only one left in the group. You can dissolve it, or add somebody."), "info")
    stays = done.group and actor().customer_id is not None
    return redirect(url_for("my_group.view", group=done.group) if stays else url_for("my_group.index"), 303)


def page(form: object, template: str, code: int = 200, **values: Any) -> ResponseReturnValue:
    return render_template(template, form=form, **values), code


def form_page(
    form: Any,
    template: str,
    deed: Callable[[], Outcome],
    then: Sentence,
    *,
    stale: Callable[[Conflict], ResponseReturnValue] | None = None,
    **values: Any,
) -> ResponseReturnValue:
    """A form's page, what it does when it is sent, and the page again with what stands in the way."""
    if request.method == "GET":
        return page(form, template, **values)
    if not form.validate_on_submit():
        return page(form, template, 422, **values)
    try:
        return back_to_group(deed(), then)
    except Invalid as error:
        add_errors(form, error)
        return page(form, template, 422, **values)
    except Refused as error:
        return page(form, template, 409, **values, reasons=linked(error.reasons), headline=error.headline)
    except Conflict as error:
        if stale is None:
            raise
        return stale(error)


def confirm(
    template: str, deed: Callable[[], Outcome], then: Sentence, *, version: int, **values: Any
) -> ResponseReturnValue:
    """A page that states the consequences (UX9), and the deed when its button is pressed.

    `version` is of what the page shows: without having seen it, nothing is done (SEC11).
    """
    values["version"] = version
    if request.method == "GET":
        return render_template(template, **values)
    if values.get("reasons"):
        return render_template(template, **values), 409
    if "version" not in request.form:
        return render_template(template, **values, conflict=say("Read what will happen first, then confirm it.")), 422
    try:
        done = deed()
    except Refused as error:
        values |= {"reasons": linked(error.reasons), "headline": error.headline}
        return render_template(template, **values), 409
    except Conflict as error:
        return render_template(template, **values, conflict=error.sentence), 409
    if template == "my_group/leave.html":
        tell_done(done.sentence, then)
        return redirect(url_for("my_group.index"), 303)
    return back_to_group(done, then)
