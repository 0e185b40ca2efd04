"""Bank files, their statements and lines, and what was decided about lines (F16)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from portal.db.bulk import among, insert_many
from portal.db.engine import db, is_sqlite
from portal.db.rows import columns, first_of, values_of
from portal.db.tables import BankDecision, BankFile, BankLine, BankMapping, BankPart, BankStatement, Entry, Partner
from portal.db.types import new_public_ids, total
from portal.rules.bank.files import Line, Opened
from portal.rules.bank.splitting import fingerprint_of
from portal.rules.bank.states import LineState


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as it is listed. `lines` counts what came with it, `open` what nobody decided yet."""

    id: int
    public_id: str
    partner_id: int
    partner: str
    name: str
    form: str
    imported_at: datetime
    actor: str
    lines: int
    open: int
    confirmed: int
    skipped: int


class StatementFacts(NamedTuple):
    """A statement of a file."""

    id: int
    bank_id: str
    account: str
    currency: str
    opening_minor: int | None
    closing_minor: int | None


class LineFacts(NamedTuple):
    """A line with its state; `payment` is the number of what it became, `payment_id` its public id, "" without.

    Where that payment was reversed, the line is open again, and `payment` says what it was.
    """

    id: int
    public_id: str
    partner_id: int
    statement_id: int
    position: int
    currency: str
    booked_on: date
    value_on: date | None
    amount_minor: int
    name: str
    account: str
    reference: str
    text: str
    state: LineState
    payment: str
    payment_id: str


# Taking a file in -----------------------------------------------------------------------------------------------------


def same_file(partner_id: int, file_id: int) -> str | None:
    """The public id of the file that a partner has with the same bytes."""
    f = BankFile
    return db.session.scalar(select(f.public_id).where(f.partner_id == partner_id, f.file_id == file_id))


def add_file(partner_id: int, file_id: int, name: str, form: str, *, actor: str, at: datetime) -> tuple[int, str]:
    """A new file; its key and public id."""
    row = {"partner_id": partner_id, "file_id": file_id, "name": name, "form": form, "actor": actor, "imported_at": at}
    made = db.session.execute(insert(BankFile).values(**row).returning(BankFile.id, BankFile.public_id)).one()
    return int(made[0]), str(made[1])


def add_statement(file_id: int, position: int, head: Opened) -> int:
    """A new statement; its key."""
    row = {
        "file_id": file_id,
        "position": position,
        "bank_id": head.id[:140],
        "account": head.account[:60],
        "currency": head.currency,
        "opening_minor": head.opening_minor,
        "skipped": 0,
    }
    made = db.session.execute(insert(BankStatement).values(**row).returning(BankStatement.id)).scalar_one()
    return int(made)


def finish_statement(statement_id: int, closing_minor: int | None, skipped: int) -> None:
    """What a statement closes with, and how many of its lines were there already."""
    values = {"closing_minor": closing_minor, "skipped": skipped}
    db.session.execute(update(BankStatement).where(BankStatement.id == statement_id).values(**values))


_LINE_COLUMNS = (
    *("public_id", "partner_id", "statement_id", "position", "fingerprint", "booked_on", "value_on", "amount_minor"),
    *("name", "account", "reference", "text"),
)


def known(partner_id: int, fingerprints: Collection[str]) -> set[str]:
    """Which of these entries a partner has already."""
    line = BankLine
    query = select(line.fingerprint).where(line.partner_id == partner_id, among(line.fingerprint, fingerprints))
    return set(db.session.scalars(query))


def add_lines(partner_id: int, statement_id: int, lines: Collection[Line]) -> None:
    """Lines of a statement that are not there yet."""
    rows = [
        (
            *(public_id, partner_id, statement_id, line.position, line.fingerprint, line.entry.booked_on),
            *(line.entry.value_on, line.entry.amount_minor, line.entry.name, line.entry.account),
            *(line.entry.reference, line.entry.text),
        )
        for public_id, line in zip(new_public_ids(len(lines)), lines, strict=True)
    ]
    insert_many(BankLine, _LINE_COLUMNS, rows)


# Looking --------------------------------------------------------------------------------------------------------------


def _state() -> ColumnElement[Any]:
    """What was decided about a line; it is open again where the payment that it became was reversed."""
    state = func.coalesce(BankDecision.state, literal(LineState.OPEN.value))
    return case((_reversed(), literal(LineState.OPEN.value)), else_=state)


def undecided() -> ColumnElement[bool]:
    """Whether a line, with its decision where there is one, waits for somebody: also again."""
    return BankDecision.line_id.is_(None) | _reversed()


def _reversed() -> ColumnElement[bool]:
    back = aliased(Entry)
    query = select(back.id).where(back.reverses_id == BankDecision.entry_id, BankDecision.entry_id.is_not(None))
    return query.correlate(BankDecision).exists()


def _split() -> ColumnElement[bool]:
    """Whether a line has parts, which are decided in its place."""
    return select(BankPart.line_id).where(BankPart.part_of_id == BankLine.id).correlate(BankLine).exists()


def _files() -> Select[*tuple[Any, ...]]:
    f, s, line, d = BankFile, BankStatement, BankLine, BankDecision

    def counted(*conditions: ColumnElement[bool]) -> Any:
        query = select(func.count(line.id)).join(s, s.id == line.statement_id)
        query = query.outerjoin(d, d.line_id == line.id).where(s.file_id == f.id, ~_split(), *conditions)
        return query.correlate(f).scalar_subquery()

    skipped = select(total(s.skipped)).where(s.file_id == f.id).correlate(f).scalar_subquery()
    plain = {
        name: getattr(f, name) for name in ("id", "public_id", "partner_id", "name", "form", "imported_at", "actor")
    }
    found = columns(
        FileFacts,
        **plain,
        partner=Partner.name,
        lines=counted(),
        open=counted(undecided()),
        confirmed=counted(d.state == LineState.CONFIRMED, ~_reversed()),
        skipped=skipped,
    )
    return select(*found).select_from(f).join(Partner, Partner.id == f.partner_id)


def file(public_id: str, partner_id: int | None = None) -> FileFacts | None:
    """One file, unless it is another partner's."""
    query = _files().where(BankFile.public_id == public_id)
    if partner_id is not None:
        query = query.where(BankFile.partner_id == partner_id)
    return first_of(FileFacts, db.session.execute(query))


def files(partner_id: int | None, *, skip: int, size: int) -> list[FileFacts]:
    """Files, the newest first."""
    query = _files().order_by(BankFile.id.desc()).offset(skip).limit(size)
    if partner_id is not None:
        query = query.where(BankFile.partner_id == partner_id)
    return values_of(FileFacts, db.session.execute(query))


def statements(file_id: int) -> list[StatementFacts]:
    """The statements of a file, in its order."""
    s = BankStatement
    names = ("id", "bank_id", "account", "currency", "opening_minor", "closing_minor")
    found = columns(StatementFacts, **{name: getattr(s, name) for name in names})
    query = select(*found).where(s.file_id == file_id).order_by(s.position)
    return values_of(StatementFacts, db.session.execute(query))


def _lines() -> Select[*tuple[Any, ...]]:
    line, s, d, e = BankLine, BankStatement, BankDecision, Entry
    names = ("id", "public_id", "partner_id", "statement_id", "position", "booked_on", "value_on", "amount_minor")
    more = ("name", "account", "reference", "text")
    found = columns(
        LineFacts,
        **{name: getattr(line, name) for name in (*names, *more)},
        currency=s.currency,
        state=_state(),
        payment=func.coalesce(e.number, ""),
        payment_id=func.coalesce(e.public_id, ""),
    )
    query = select(*found).select_from(line).join(s, s.id == line.statement_id)
    return query.outerjoin(d, d.line_id == line.id).outerjoin(e, e.id == d.entry_id).where(~_split())


def lines(
    file_id: int, *, states: Collection[LineState] = (), skip: int = 0, size: int | None = None
) -> list[LineFacts]:
    """Lines of a file in its order, all or those in some states."""
    query = (
        _lines()
        .where(BankStatement.file_id == file_id)
        .order_by(BankStatement.position, BankLine.position, BankLine.id)
    )
    if states:
        query = query.where(_state().in_([state.value for state in states]))
    if size is not None:
        query = query.offset(skip).limit(size)
    return [_typed(one) for one in values_of(LineFacts, db.session.execute(query))]


def count_lines(file_id: int, states: Collection[LineState]) -> int:
    """How many lines of a file are in some states."""
    query = select(func.count(BankLine.id)).join(BankStatement, BankStatement.id == BankLine.statement_id)
    query = query.outerjoin(BankDecision, BankDecision.line_id == BankLine.id)
    wanted = _state().in_([state.value for state in states])
    query = query.where(BankStatement.file_id == file_id, ~_split(), wanted)
    return int(db.session.scalar(query) or 0)


def lines_named(public_ids: Collection[str], partner_id: int | None, *, hold: bool = False) -> dict[str, LineFacts]:
    """Lines by their public ids, but for other partners'; with `hold` nobody else decides them meanwhile."""
    condition = among(BankLine.public_id, public_ids)
    if hold and not is_sqlite():
        held = select(BankLine.id).where(condition).order_by(BankLine.id).with_for_update()
        db.session.execute(held).all()
    query = _lines().where(condition)
    if partner_id is not None:
        query = query.where(BankLine.partner_id == partner_id)
    return {one.public_id: _typed(one) for one in values_of(LineFacts, db.session.execute(query))}


def partner_of(line_id: int) -> str:
    """The public id of the partner whose line it is."""
    query = select(Partner.public_id).join(BankLine, BankLine.partner_id == Partner.id)
    return str(db.session.execute(query.where(BankLine.id == line_id)).scalar_one())


def _typed(line: LineFacts) -> LineFacts:
    return line._replace(state=LineState(line.state))


# Deciding -------------------------------------------------------------------------------------------------------------


def decide(line_id: int, state: LineState, *, actor: str, at: datetime, entry_id: int | None = None) -> None:
    """What becomes of a line. Confirming one that was ignored replaces that."""
    values = {"line_id": line_id, "state": state, "entry_id": entry_id, "decided_at": at, "actor": actor}
    dialect = sqlite if is_sqlite() else postgresql
    row = dialect.insert(BankDecision).values(**values)
    changed = {name: value for name, value in values.items() if name != "line_id"}
    db.session.execute(row.on_conflict_do_update(index_elements=["line_id"], set_=changed))


def add_parts(line_id: int, amounts: Sequence[int]) -> list[str]:
    """Let parts of a line stand in its place, each with all that it says but the amount; their public ids."""
    whole = db.session.execute(select(BankLine).where(BankLine.id == line_id)).scalar_one()
    same = [getattr(whole, name) for name in _LINE_COLUMNS]
    public_ids, marks = (
        new_public_ids(len(amounts)),
        [fingerprint_of(whole.fingerprint, n) for n in range(len(amounts))],
    )
    rows = []
    for public_id, mark, amount in zip(public_ids, marks, amounts, strict=True):
        own = {"public_id": public_id, "fingerprint": mark, "amount_minor": amount}
        rows.append(tuple(own.get(name, value) for name, value in zip(_LINE_COLUMNS, same, strict=True)))
    insert_many(BankLine, _LINE_COLUMNS, rows)
    made = db.session.execute(select(BankLine.public_id, BankLine.id).where(among(BankLine.public_id, public_ids)))
    ids = {row.public_id: row.id for row in made}
    insert_many(BankPart, ("line_id", "part_of_id"), [(ids[public_id], line_id) for public_id in public_ids])
    return list(public_ids)


# Mappings -------------------------------------------------------------------------------------------------------------


def mapping(partner_id: int, name: str) -> Mapping[str, str] | None:
    """A partner's mapping of this name."""
    m = BankMapping
    return db.session.scalar(select(m.content).where(m.partner_id == partner_id, m.name == name))


def mapping_names(partner_ids: Iterable[int]) -> list[tuple[int, str]]:
    """The names of partners' mappings."""
    m = BankMapping
    query = select(m.partner_id, m.name).where(m.partner_id.in_(list(partner_ids))).order_by(m.name)
    return [(key, name) for key, name in db.session.execute(query)]


def save_mapping(partner_id: int, name: str, content: Mapping[str, str]) -> None:
    """Keep a mapping under its name, in place of an earlier one."""
    dialect = sqlite if is_sqlite() else postgresql
    row = dialect.insert(BankMapping).values(partner_id=partner_id, name=name, content=dict(content))
    db.session.execute(
        row.on_conflict_do_update(index_elements=["partner_id", "name"], set_={"content": dict(content)})
    )
