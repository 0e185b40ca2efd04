"""J8: the month's statements made and queued, beside the sum of their parts: reading, drawing, and inserting the rows.

The limit reads each statement with the same action (J3), draws it with the same renderer (J7), stores the file, and
inserts by SQLAlchemy Core the rows that queueing leaves, a transaction for each customer. It decides nothing, and looks
for nobody's addresses.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any

from bench import books
from bench.places import Place, places, scaled, tidy, verdict

GOAL = 1.5
STATEMENTS, LINES = 1_000, 40
FIRST, LAST, MONTH = date(2026, 10, 1), date(2026, 10, 31), "2026-10"
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def _prepared(place: Place, count: int) -> list[int]:
    """Customers that want statements, each with some lines in October; their ids."""
    from sqlalchemy import insert, update

    from portal.db.engine import db, writes
    from portal.db.tables import Customer, StatementSubscription

    @writes
    def subscribe() -> None:
        for key in payers:
            address = {"billing_email": f"bills{key}@bench.test"}
            db.session.execute(update(Customer).where(Customer.id == key).values(**address))
        rows = [{"customer_id": key, "since": AT, "actor": "bench"} for key in payers]
        db.session.execute(insert(StatementSubscription), rows)

    with place.app().app_context():
        partner = books.partner("Bench")
        payers = books.people(partner, "payer", count)
        for payer in payers:
            books.history(partner, payer, [payer], LINES, FIRST, (LAST - FIRST).days)
        subscribe()
        db.session.remove()
    tidy(place)
    return payers


def _limit(place: Place, payers: list[int]) -> float:
    from sqlalchemy import insert

    from portal.actions.statements import view as statements
    from portal.actions.statements.view import StatementRequest
    from portal.actions.statements.work import fonts
    from portal.db import tables as t
    from portal.db.engine import to_write
    from portal.outside import files
    from portal.outside.pdf import render_statement
    from portal.rules.deciding import SYSTEM

    with place.app().app_context():
        from portal.db.engine import db

        began = time.process_time()
        for number, payer in enumerate(payers):
            wanted = StatementRequest(FIRST, LAST)
            made = render_statement(statements.view(SYSTEM, f"payer-{number}", wanted), fonts_dir=fonts(), made_at=AT)
            digest, size = files.store(made + b"%limit")
            with to_write(db.engine) as connection:
                public = f"{payer:020x}"
                file = {"sha256": digest, "size": size, "content_type": "application/pdf", "created_at": AT}
                file_id = connection.execute(insert(t.StoredFile).values(**file).returning(t.StoredFile.id)).scalar()
                message: dict[str, Any] = {"public_id": public, "purpose": "bench", "message_id": public}
                message |= {"subject": "Statement", "text": "x" * 800, "html": "x" * 6_000, "created_at": AT}
                attached = [{"file_id": file_id, "filename": "statement.pdf", "content_type": "application/pdf"}]
                message |= {"due_at": AT, "subject_id": payer, "attachments": attached}
                key = connection.execute(insert(t.OutboxMessage).values(**message).returning(t.OutboxMessage.id))
                recipient = {"outbox_message_id": key.scalar(), "address": "bills@bench.test"}
                connection.execute(insert(t.OutboxRecipient).values(**recipient))
                mailing = {"customer_id": payer, "month": date(2000, 1, 1), "mail": public, "made_at": AT}
                connection.execute(insert(t.StatementMailing).values(**mailing))
                log = {"public_id": public, "at": AT, "actor": "bench", "grant": "system", "subject_id": payer}
                log |= {"action": "statement.send", "text": "Sent", "details": {"mail": public}}
                connection.execute(insert(t.AuditRecord).values(**log))
                connection.commit()
        spent = time.process_time() - began
        db.session.remove()
        db.engine.dispose()
    return spent


def _ours(place: Place) -> tuple[float, int]:
    from portal.actions.statements import monthly
    from portal.db.engine import db
    from portal.rules.deciding import SYSTEM

    with place.app().app_context():
        began = time.process_time()
        sent = sum(len(out.sent) for out in monthly.send(SYSTEM, MONTH))
        spent = time.process_time() - began
        db.session.remove()
        db.engine.dispose()
    return spent, sent


def run() -> None:
    """Print statements a second of processor time, ours and the limit's."""
    count = max(20, scaled(STATEMENTS))
    print(f"J8  month end: {count} statements of {LINES} lines made and queued, in processor time")
    print(f"{'':<12}{'ours /s':>9}{'limit /s':>9}{'times':>7}  goal")
    with places() as found:
        for place in found:
            payers = _prepared(place, count)
            bare = _limit(place, payers)
            own, sent = _ours(place)
            assert sent == count, (sent, count)
            times = own / bare
            print(
                f"{place.engine:<12}{count / own:>9.0f}{count / bare:>9.0f}{times:>7.2f}  "
                f"at most {GOAL} times: {verdict(times <= GOAL)}"
            )
