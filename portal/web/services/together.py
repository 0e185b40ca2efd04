"""Several services of sub-accounts at once: which, what, from when, what each comes to, and one button (L15, UX8)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.access import Profile
from portal.actions.services import ServiceBelow, changing
from portal.actions.services.changing import Wish
from portal.actions.services.effects import Effect
from portal.outside import clock
from portal.rules.errors import Conflict, Reason, Refused
from portal.rules.sentences import NOTHING, Sentence, say
from portal.rules.services import Deed
from portal.web.forms import options, sent_key, sent_mark
from portal.web.guard import actor
from portal.web.remedies import linked
from portal.web.services.forms import TogetherForm
from portal.web.telling import tell_done


def answered(about: Profile, found: Sequence[ServiceBelow]) -> ResponseReturnValue:
    """The services to tick, what it comes to for each, and doing it: all of them or none."""
    form = TogetherForm(data={"first": clock.today(about.time_zone), "services": request.args.getlist("services")})
    form.services.choices = options(
        (one.public_id, say("{owner}: {plan}", owner=one.owner, plan=one.plan)) for one in found
    )
    if request.method == "GET":
        return _page(about, form, found)
    if not form.validate_on_submit():
        return _page(about, form, found, code=422)
    ticked = [one.public_id for one in found if one.public_id in (form.services.data or ())]
    deeds = {Deed.PAUSE.value: Deed.PAUSE, Deed.RESUME.value: Deed.RESUME}
    wishes = [Wish(key, deeds.get(form.deed.data, Deed.STOP), form.first.data) for key in ticked]
    if not wishes:
        form.services.errors = [*form.services.errors, str(say("Choose one service at least."))]
        return _page(about, form, found, code=422)
    conflict = NOTHING
    if request.form.get("step") == "do":
        try:
            done = changing.carry_out_all(actor(), wishes, mark=sent_mark(), once=sent_key())
        except Refused as error:
            return _page(about, form, found, reasons=error.reasons, code=409)
        except Conflict as error:
            conflict = error.sentence
        else:
            tell_done(say("{count} service is changed.", "{count} services are changed.", count=len(done.headlines)))
            return redirect(url_for("services.several"), 303)
    looked = changing.foresee_all(actor(), wishes)
    reasons = tuple(dict.fromkeys(reason for _effect, some in looked for reason in some))
    effects = [effect for effect, _some in looked if effect is not None]
    code = 409 if reasons or conflict else 200
    return _page(about, form, found, effects=effects, reasons=reasons, conflict=conflict, code=code)


def _page(
    about: Profile,
    form: TogetherForm,
    found: Sequence[ServiceBelow],
    *,
    effects: Sequence[Effect] = (),
    reasons: Sequence[Reason] = (),
    conflict: Sentence = NOTHING,
    code: int = 200,
) -> ResponseReturnValue:
    values = {"about": about, "form": form, "found": found, "effects": effects, "conflict": conflict}
    mark = changing.mark_of(effects) if effects and not reasons else ""
    return render_template("services/several.html", **values, reasons=linked(reasons), mark=mark), code
