"""Config, Features: what Operations switch on and off for the installation and for each partner (G1)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import groups as actions
from portal.actions.groups import GroupChoices, GroupSettings, Switches, Tally
from portal.rules.errors import Conflict, Invalid, NotAllowed
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say, together
from portal.web.figures import Shown
from portal.web.forms import add_errors, sent_mark
from portal.web.guard import actor, needs
from portal.web.places import Tab
from portal.web.staff.config.portal import bp, tab_items
from portal.web.staff.profile.group_forms import GroupChoicesForm
from portal.web.telling import tell, tell_done, tell_saved

TAB = Tab(say("Features"), "features", Permission.FEATURES_MANAGE, 40)

WORDS = {None: "follow", True: "on", False: "off"}
CHOICES = {word: value for value, word in WORDS.items()}


@bp.get("/features")
@needs(Permission.FEATURES_MANAGE)
def features() -> ResponseReturnValue:
    """Groups: the installation's switch, and what each partner has."""
    found = actions.group_switches(actor())
    return render_template(
        "staff/config/features.html", found=found, tallies=actions.tallies(actor()), tab_items=tab_items("features")
    )


@bp.route("/features/groups", methods=["GET", "POST"])
@needs(Permission.FEATURES_MANAGE)
def switch_groups() -> ResponseReturnValue:
    """The installation's switch, after saying whom it concerns."""
    found = actions.group_switches(actor())
    if found.installation is None:
        raise NotAllowed(say("The installation’s switch is not yours: you look after one partner."))
    if request.method == "GET":
        return _switch_page(found)
    wanted = request.form.get("to", "")
    if wanted not in ("on", "off"):
        raise Invalid({"to": say("Choose on or off.")})
    tell_done(actions.switch_groups(actor(), wanted == "on"))
    return redirect(url_for("staff_config.features"), 303)


@bp.route("/features/partners/<public_id:partner>", methods=["GET", "POST"])
@needs(Permission.FEATURES_MANAGE)
def partner_features(partner: str) -> ResponseReturnValue:
    """What one partner has, and its limits."""
    found, mark = actions.choices_of(actor(), partner)
    form = GroupChoicesForm(data=_values(found))
    if request.method == "GET":
        return _partner_page(form, found, mark)
    if not form.validate_on_submit():
        return _partner_page(form, found, sent_mark(), code=422)
    wanted = GroupChoices(
        CHOICES[form.groups_on.data],
        bool(form.customers_create_groups.data),
        form.groups_per_customer.data or 0,
        form.majority_age.data or 0,
    )
    try:
        changed = actions.change_choices(actor(), partner, wanted, mark=sent_mark())
    except Invalid as error:
        add_errors(form, error)
        return _partner_page(form, found, sent_mark(), code=422)
    except Conflict as error:
        return _partner_page(form, found, mark, code=409, conflict=error.sentence, now=_differing(found, wanted))
    if changed:
        tell(say("{partner}: {names} saved.", partner=found.name, names=together(*changed, by=", ")))
    else:
        tell_saved(changed)
    return redirect(url_for("staff_config.features"), 303)


def _values(found: GroupSettings) -> dict[str, object]:
    return {
        "groups_on": WORDS[found.groups_on],
        "customers_create_groups": found.customers_create_groups,
        "groups_per_customer": found.groups_per_customer,
        "majority_age": found.majority_age,
    }


def _differing(now: GroupSettings, wanted: GroupChoices) -> list[tuple[Sentence, Shown, Shown]]:
    """What is stored now and what stands in the form, where they differ."""
    states = {None: say("As the installation"), True: say("On"), False: say("Off")}
    pairs: list[tuple[Sentence, Shown, Shown]] = [
        (say("Groups"), states[now.groups_on], states[wanted.groups_on]),
        (say("Customers may create groups"), _yes(now.customers_create_groups), _yes(wanted.customers_create_groups)),
        (say("Groups per customer"), str(now.groups_per_customer), str(wanted.groups_per_customer)),
        (say("Majority age"), str(now.majority_age), str(wanted.majority_age)),
    ]
    return [(name, stored, typed) for name, stored, typed in pairs if stored != typed]


def _yes(value: bool) -> Sentence:
    return say("Yes") if value else say("No")


def _switch_page(found: Switches) -> ResponseReturnValue:
    tallies = actions.tallies(actor())
    following = [partner for partner in found.partners if partner.groups_on is None]
    concerned = [tallies.get(partner.public_id, Tally()) for partner in following]
    return render_template(
        "staff/config/feature_switch.html",
        on=not found.installation,
        following=following,
        apart=[partner for partner in found.partners if partner.groups_on is not None],
        groups=sum(tally.groups for tally in concerned),
        members=sum(tally.members for tally in concerned),
    )


def _partner_page(
    form: GroupChoicesForm,
    partner: GroupSettings,
    mark: str,
    *,
    code: int = 200,
    conflict: Sentence = NOTHING,
    now: list[tuple[Sentence, Shown, Shown]] | None = None,
) -> ResponseReturnValue:
    body = render_template(
        "staff/config/feature_partner.html",
        form=form,
        partner=partner,
        mark=mark,
        conflict=conflict,
        now=now or [],
        installation=actions.group_switches(actor()).installation,
        tally=actions.tallies(actor()).get(partner.public_id, Tally()),
    )
    return body, code
