"""Membership plans in the back office: what is sold, new ones, and changing them (B5)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.memberships import plans
from portal.actions.memberships.plans import OfPartner
from portal.rules.errors import Conflict, Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.fields import amounts_in
from portal.web.forms import add_errors, sent_key, sent_number
from portal.web.guard import actor, needs
from portal.web.places import Place
from portal.web.staff.memberships.forms import PlanForm
from portal.web.telling import tell

bp = Blueprint("staff_plans", __name__, url_prefix="/staff/plans")

STAFF = Place(say("Membership plans"), "memberships", "staff_plans.index", Permission.ACTIVITIES_MANAGE, 34)


@bp.get("")
@needs(Permission.ACTIVITIES_MANAGE)
def index() -> ResponseReturnValue:
    """Every plan with its price and how many hold it."""
    found = plans.list_plans(actor())
    several = len({one.row.partner_id for one in found}) > 1
    return render_template("staff/memberships/plans.html", found=found, several=several)


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def new() -> ResponseReturnValue:
    """The form of a new plan, for the partner in the address or the first one; and adding it."""
    partner, partners = _partner()
    form = PlanForm(meta=amounts_in(partner.currency))
    code = 200
    if form.validate_on_submit():
        try:
            made = plans.add_plan(actor(), partner.public_id, form.draft(), once=sent_key())
        except Invalid as error:
            add_errors(form, error)
            code = 422
        else:
            tell(say("{plan} can be bought now.", plan=str(form.name.data)))
            return redirect(url_for("staff_plans.edit", plan=made), 303)
    elif request.method == "POST":
        code = 422
    values = {"form": form, "partner": partner, "partners": partners, "currency": partner.currency}
    return render_template("staff/memberships/plan_new.html", **values), code


@bp.route("/<public_id:plan>", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def edit(plan: str) -> ResponseReturnValue:
    """One plan, and changing it: for what is bought or renewed from then on."""
    found = plans.open_plan(actor(), plan)
    row, rules = found.row, found.row.plan
    own = {"price": row.price_minor, "tax_rate": rules.rate, "granted": row.granted.value}
    own |= {"discount": rules.discount or None, "freeze_days": row.freeze_days or None}
    form = PlanForm(obj=row, data=own, meta=amounts_in(row.currency))
    code, conflict = 200, NOTHING
    if form.validate_on_submit():
        try:
            plans.change_plan(actor(), plan, form.draft(), version=sent_number("version"), once=sent_key())
        except Invalid as error:
            add_errors(form, error)
            code = 422
        except Conflict as error:
            code, conflict = 409, error.sentence
        else:
            tell(say("{plan} was changed.", plan=str(form.name.data)))
            return redirect(url_for("staff_plans.index"), 303)
    elif request.method == "POST":
        code = 422
    return _edit_page(form, found, conflict), code


@bp.post("/<public_id:plan>/retire")
@needs(Permission.ACTIVITIES_MANAGE)
def retire(plan: str) -> ResponseReturnValue:
    """Sell it no more, or again."""
    retired = request.form.get("retired") == "yes"
    plans.retire_plan(actor(), plan, retired, once=sent_key())
    tell(say("It is not sold any more. Whoever holds it keeps it.") if retired else say("It is sold again."))
    return redirect(url_for("staff_plans.edit", plan=plan), 303)


def _edit_page(form: PlanForm, found: plans.Selling, conflict: Sentence) -> str:
    values = {"form": form, "found": found, "conflict": conflict, "currency": found.row.currency}
    return render_template("staff/memberships/plan.html", **values)


def _partner() -> tuple[OfPartner, list[OfPartner]]:
    """The partner in the address, or the first one, and all that can be chosen. Raises Missing."""
    partners = plans.list_partners(actor())
    wanted = request.values.get("partner", "")
    found = next((one for one in partners if one.public_id == wanted), partners[0] if partners and not wanted else None)
    if found is None:
        raise Missing()
    return found, partners
