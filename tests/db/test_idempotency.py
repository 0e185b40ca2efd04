"""One effect for each key: what an action answered is what the same request gets again (R10, R11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask

from portal.db import answers
from portal.db.engine import writes
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Mismatch
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True)
class Line:
    number: str
    on: date | None


@dataclass(frozen=True)
class Answer:
    """All kinds of things that an answer holds."""

    sentence: Sentence
    status: Status
    lines: tuple[Line, ...]
    names: list[str]
    rights: frozenset[Status]
    count: int
    on: date
    nothing: str | None


ANSWER = Answer(
    say("{count} is for {name}", "{count} are for {name}", name="Zoë", count=2),
    Status.BLOCKED,
    (Line("INV-1", date(2026, 11, 1)), Line("INV-2", None)),
    ["a"],
    frozenset({Status.BLOCKED, Status.ACTIVE}),
    3,
    date(2026, 2, 28),
    None,
)


@pytest.mark.parametrize("answer", [ANSWER, Line("INV-1", None)])
def test_answers_come_back_as_they_were(answer: object) -> None:
    assert answers.read(type(answer), answers.kept(answer)) == answer


@pytest.mark.parametrize("answer", ["text", 7, True])
def test_simple_answers_come_back_too(answer: object) -> None:
    assert answers.read(type(answer), answers.kept(answer)) == answer


def test_the_same_request_again_gets_the_first_answer_and_has_no_effect(app: Flask) -> None:
    effects: list[str] = []

    @writes(once="try", answer=Line)
    def act(actor: Actor, what: str, *, mark: str | None = None, once: str | None = None) -> Line:
        effects.append(what)
        return Line(what, None)

    assert act(SYSTEM, "a", mark="seen", once="k") == act(SYSTEM, "a", mark="seen again", once="k") == Line("a", None)
    assert effects == ["a"]
    with pytest.raises(Mismatch):
        act(SYSTEM, "b", once="k")
    with pytest.raises(Mismatch):
        act(Actor("ann", login_id=7), "a", once="k")
    act(SYSTEM, "a")
    assert effects == ["a", "a"]


@dataclass(frozen=True)
class Wanted:
    rights: frozenset[int]


def test_r10_a_set_is_the_same_in_whatever_order_it_lies(app: Flask) -> None:
    one, other = frozenset([1, 9]), frozenset([9, 1])
    assert (one == other, repr(one) == repr(other)) == (True, False)

    @writes(once="try", answer=str)
    def act(what: object, *, once: str | None = None) -> str:
        return "done"

    for key, before, after in (("a", one, other), ("b", Wanted(one), Wanted(other))):
        assert act(before, once=key) == act(after, once=key) == "done"


def test_a_request_that_failed_can_be_sent_again(app: Flask) -> None:
    tries: list[int] = []

    @writes(once="try", answer=None)
    def act(*, once: str | None = None) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not yet")

    with pytest.raises(ValueError, match="not yet"):
        act(once="k")
    act(once="k")
    act(once="k")
    assert len(tries) == 2


def test_a_step_takes_part_in_the_transaction_of_its_caller(app: Flask) -> None:
    @writes(joins=True)
    def step() -> str:
        return "done"

    @writes
    def action() -> str:
        return step()

    @writes
    def wrong() -> str:
        return action()

    assert action() == step() == "done"
    with pytest.raises(RuntimeError, match="inside another"):
        wrong()
