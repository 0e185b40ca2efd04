"""The timetable in the back office: activities, their sessions and series, and what is changed of them (B1, B8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.bookings import activities, sessions, timetable
from portal.actions.bookings import series as runs
from portal.actions.bookings.activities import Draft
from portal.actions.bookings.series import ShownSeries, Wanted
from portal.actions.bookings.timetable import Foreseen, Shown
from portal.rules.errors import Conflict, Invalid, Missing, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.fields import amounts_in
from portal.web.forms import PortalForm, add_errors, sent_key, sent_number
from portal.web.guard import actor, needs
from portal.web.remedies import linked
from portal.web.staff.bookings.forms import (
    ActivityForm,
    EndSeriesForm,
    MoveForm,
    PlacesForm,
    ReasonForm,
    SeriesForm,
    WhenForm,
    named,
    wall_time,
)
from portal.web.telling import tell

bp = Blueprint("staff_activities", __name__, url_prefix="/staff/activities")

PART_OF = "staff_activities", "staff_bookings"


@bp.get("")
@needs(Permission.ACTIVITIES_MANAGE)
def index() -> ResponseReturnValue:
    """Everything that is offered; with `all` what is not any more as well."""
    everything = request.args.get("all") == "yes"
    found = activities.list_activities(actor(), retired=everything)
    partners = {one.partner_id for one in found}
    values = {"found": found, "everything": everything, "several": len(partners) > 1}
    return render_template("staff/activities/index.html", **values)


@bp.get("/new")
@needs(Permission.ACTIVITIES_MANAGE)
def new() -> ResponseReturnValue:
    """The form of something new to offer, for the partner in the address or the first one."""
    return _new()


@bp.post("/new")
@needs(Permission.ACTIVITIES_MANAGE)
def add() -> ResponseReturnValue:
    """Offer it."""
    partner, _partners = _partner()
    form = ActivityForm(meta=amounts_in(partner.currency))
    if not form.validate_on_submit():
        return _new(form, 422)
    try:
        made = activities.add_activity(actor(), partner.public_id, _draft(form), once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _new(form, 422)
    tell(say("{activity} is offered now. Add its sessions next.", activity=str(form.name.data)))
    return redirect(url_for("staff_activities.activity", activity=made), 303)


@bp.get("/<public_id:activity>")
@needs(Permission.ACTIVITIES_MANAGE)
def activity(activity: str) -> ResponseReturnValue:
    """An activity with its series, and its sessions of the next weeks."""
    return render_template("staff/activities/activity.html", found=activities.open_activity(actor(), activity))


@bp.route("/<public_id:activity>/edit", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def edit(activity: str) -> ResponseReturnValue:
    """Change what is offered."""
    found = activities.open_activity(actor(), activity).activity
    own = {"price": found.price_minor, "tax_rate": found.tax_rate}
    form = ActivityForm(obj=found, data=own, meta=amounts_in(found.currency))
    code, conflict = 200, NOTHING
    if form.validate_on_submit():
        try:
            activities.change_activity(actor(), activity, _draft(form), version=sent_number("version"), once=sent_key())
        except Invalid as error:
            add_errors(form, error)
            code = 422
        except Conflict as error:
            code, conflict = 409, error.sentence
        else:
            tell(say("{activity} was changed.", activity=str(form.name.data)))
            return redirect(url_for("staff_activities.activity", activity=activity), 303)
    elif request.method == "POST":
        code = 422
    return render_template("staff/activities/edit.html", form=form, found=found, conflict=conflict), code


@bp.post("/<public_id:activity>/retire")
@needs(Permission.ACTIVITIES_MANAGE)
def retire(activity: str) -> ResponseReturnValue:
    """Offer it no longer, or again."""
    retired = request.form.get("retired") == "yes"
    activities.retire_activity(actor(), activity, retired, once=sent_key())
    tell(say("It is offered no longer. Its sessions stay.") if retired else say("It is offered again."))
    return redirect(url_for("staff_activities.activity", activity=activity), 303)


@bp.route("/<public_id:activity>/sessions", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def add_sessions(activity: str) -> ResponseReturnValue:
    """Add one session, or those that a rule makes: first looked at, then made."""
    found = activities.open_activity(actor(), activity).activity
    form = WhenForm(data={"place": found.place, "instructor": found.instructor, "repeats": "once"})
    if request.method == "GET":
        return _when(form, found)
    if not form.validate_on_submit():
        return _when(form, found, 422)
    place, instructor = named(form.place.data), named(form.instructor.data)
    try:
        timing = form.timing()
        foreseen = timetable.foresee_sessions(actor(), activity, timing, place, instructor)
        if "sure" not in request.form or foreseen.reasons:
            return _when(form, found, 409 if foreseen.reasons else 200, foreseen)
        made = timetable.add_sessions(
            actor(), activity, timing, form.capacity.data or 0, place=place, instructor=instructor, once=sent_key()
        )
    except Invalid as error:
        add_errors(form, error)
        return _when(form, found, 422)
    tell(say("One session added.", "{count} sessions added.", count=len(made.sessions)))
    return redirect(url_for("staff_activities.activity", activity=activity), 303)


@bp.route("/sessions/<public_id:session>/move", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def move(session: str) -> ResponseReturnValue:
    """Move one session; everybody in it is told."""
    found = timetable.show_session(actor(), session)
    one = found.session
    begun = {"new_on": one.starts_on, "at": f"{one.starts_wall:%H:%M}", "minutes": one.minutes}
    form = MoveForm(data=begun)

    def do() -> Sentence:
        timetable.move_session(
            actor(), session, form.starts(), minutes=form.minutes.data, version=sent_number("version"), once=sent_key()
        )
        return say("It was moved, and everybody in it was told.")

    return _changed("move", form, found, do)


@bp.route("/sessions/<public_id:session>/places", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def places(session: str) -> ResponseReturnValue:
    """Change how many places a session has."""
    found = timetable.show_session(actor(), session)
    form = PlacesForm(data={"capacity": found.session.capacity})

    def do() -> Sentence:
        done = sessions.resize(
            actor(), session, form.capacity.data or 0, version=sent_number("version"), once=sent_key()
        )
        return say(
            "It has {places} places now; one person got one from the waiting list.",
            "It has {places} places now; {count} people got one from the waiting list.",
            count=len(done.promoted),
            places=done.capacity,
        )

    return _changed("places", form, found, do)


@bp.route("/sessions/<public_id:session>/cancel", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def cancel(session: str) -> ResponseReturnValue:
    """Cancel one session: what it means, and a reason."""
    found = timetable.show_session(actor(), session)
    form = ReasonForm()

    def do() -> Sentence:
        done = sessions.cancel_session(
            actor(), session, str(form.reason.data), version=sent_number("version"), once=sent_key()
        )
        count = len(done.booked) + len(done.waited)
        return say("It was cancelled, and one person told.", "It was cancelled, and {count} people told.", count=count)

    return _changed("cancel", form, found, do)


@bp.route("/series/<public_id:series>", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def change_series(series: str) -> ResponseReturnValue:
    """Change every session of a series from a day on."""
    found = runs.show_series(actor(), series)
    facts = found.series
    form = SeriesForm(obj=facts, data={"at": f"{facts.starts_wall:%H:%M}", "since_on": _next_day(found)})

    def do() -> Sentence:
        wanted = Wanted(
            wall_time(form.at.data or "").time(),
            form.minutes.data or 0,
            form.capacity.data or 0,
            named(form.place.data),
            named(form.instructor.data),
        )
        done = runs.change_series(actor(), series, form.since_on.data, wanted, once=sent_key())
        return say("One session changed.", "{count} sessions changed.", count=done.sessions)

    return _changed_series("change", form, found, do)


@bp.route("/series/<public_id:series>/end", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def end_series(series: str) -> ResponseReturnValue:
    """Cancel every session of a series from a day on."""
    found = runs.show_series(actor(), series)
    form = EndSeriesForm(data={"since_on": _next_day(found)})

    def do() -> Sentence:
        done = runs.end_series(actor(), series, form.since_on.data, str(form.reason.data), once=sent_key())
        return say("One session was cancelled.", "{count} sessions were cancelled.", count=done.sessions)

    return _changed_series("end", form, found, do)


# Steps ----------------------------------------------------------------------------------------------------------------


def _next_day(found: ShownSeries) -> Any:
    """The date of the next session, today's where there is none."""
    return found.coming[0].starts_on if found.coming else None


def _partner() -> tuple[Any, list[Any]]:
    known = activities.list_partners(actor())
    wanted = request.values.get("partner", "")
    found = next((one for one in known if one.public_id == wanted), known[0] if known and not wanted else None)
    if found is None:
        raise Missing()
    return found, known


def _new(form: ActivityForm | None = None, code: int = 200) -> ResponseReturnValue:
    partner, known = _partner()
    form = form or ActivityForm(meta=amounts_in(partner.currency))
    return render_template("staff/activities/new.html", form=form, partner=partner, partners=known), code


def _draft(form: ActivityForm) -> Draft:
    return Draft(
        named(form.name.data),
        (form.description.data or "").replace("\r\n", "\n").strip()[:5000],
        named(form.place.data),
        named(form.instructor.data),
        form.price.data or 0,
        form.tax_rate.data,
        named(form.benefit_class.data)[:100],
        form.age_from.data,
        form.age_to.data,
        form.cancel_until.data or "",
        form.book_from.data or "",
        form.book_until.data or "",
    )


def _when(form: WhenForm, found: Any, code: int = 200, foreseen: Foreseen | None = None) -> ResponseReturnValue:
    reasons = linked(foreseen.reasons) if foreseen else ()
    values = {"form": form, "found": found, "foreseen": foreseen, "reasons": reasons}
    return render_template("staff/activities/sessions.html", **values), code


def _changed(what: str, form: PortalForm, found: Shown, do: Any) -> ResponseReturnValue:
    """A page that changes one session: drawn, or done and back to its roster."""
    public_id = found.session.public_id
    template = f"staff/activities/{what}.html"
    return _tried(template, form, do, url_for("staff_bookings.roster", session=public_id), found=found)


def _changed_series(what: str, form: PortalForm, found: ShownSeries, do: Any) -> ResponseReturnValue:
    back = url_for("staff_activities.activity", activity=found.activity.public_id)
    last = found.coming[-1].starts_on if found.coming else None
    values = {"found": found, "last": last, "a_week": timedelta(days=7)}
    return _tried(f"staff/activities/series_{what}.html", form, do, back, **values)


def _tried(template: str, form: PortalForm, do: Any, back: str, **values: Any) -> ResponseReturnValue:
    code, reasons, conflict = 200, (), NOTHING
    if form.validate_on_submit():
        try:
            tell(do())
        except Invalid as error:
            add_errors(form, error)
            code = 422
        except Refused as error:
            code, reasons = 409, linked(error.reasons)  # type: ignore[assignment]
        except Conflict as error:
            code, conflict = 409, error.sentence
        else:
            return redirect(back, 303)
    elif request.method == "POST":
        code = 422
    return render_template(template, form=form, back=back, reasons=reasons, conflict=conflict, **values), code
