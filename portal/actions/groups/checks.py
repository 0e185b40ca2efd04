"""What actions on groups check of the values they are given about people, labels and days."""

from __future__ import annotations

from datetime import date

from portal.rules import texts
from portal.rules.days import EARLIEST_BIRTH
from portal.rules.groups import LONGEST_NAME
from portal.rules.sentences import NOTHING, Sentence, say

DAY_IS_OVER = say("That day is over. Choose today or a later day.")


def squeezed(text: str) -> str:
    """A name as it is kept (SEC60)."""
    return texts.name(text)


def wrong_names(given: str, family: str, missing: Sentence) -> dict[str, Sentence]:
    """What is wrong with a given and a family name, by field; `missing` is said of a given name that is not there."""
    wrong = {} if given else {"given_name": missing}
    too_long = say("Use at most {count} character here.", "Use at most {count} characters here.", count=LONGEST_NAME)
    fields = {"given_name": given, "family_name": family}
    return wrong | {name: too_long for name, text in fields.items() if len(text) > LONGEST_NAME}


def wrong_birth(born_on: date | None, today: date, missing: Sentence = NOTHING) -> Sentence:
    """What is wrong with a date of birth; `missing` is said where it is not there."""
    if born_on is None:
        return missing
    return NOTHING if EARLIEST_BIRTH <= born_on <= today else say("A date of birth lies between 1900 and today.")
