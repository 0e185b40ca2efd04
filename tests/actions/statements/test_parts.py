"""A part is not a balance, whatever the books hold: no file or mail of one says so (S13), and parts make the whole."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import openpyxl
import pypdf
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.actions.statements import mail as statement_mail
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import pdf
from portal.cli.statements import _table
from portal.outside.sheets.writing import statement_csv, statement_xlsx
from portal.rules.deciding import SYSTEM
from portal.rules.statements.as_json import as_json
from portal.rules.statements.figures import RecordType, Statement
from portal.rules.statements.words import title_of
from tests.parts import ACCOUNTS, FIRST, LAST, MOVES, Move, books, says_of_a_part


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, shown=st.sampled_from(RecordType), written=st.sampled_from(ACCOUNTS))
def test_s13_s4_parts_have_no_balance_and_make_the_whole(
    app: Flask, moves: list[Move], shown: RecordType, written: str
) -> None:
    prefix, sums = books(moves)
    wanted = StatementRequest(FIRST, LAST, record_type=shown)
    whole = statements.view(SYSTEM, prefix + "main", wanted)
    assert whole.balance is not None
    moved = {one.account.reference: (one.charged_minor, one.credited_minor) for one in whole.accounts}
    assert {name: moved.get(prefix + name, (0, 0)) for name in ACCOUNTS} == sums
    assert (whole.charged_minor, whole.credited_minor) == tuple(map(sum, zip(*sums.values(), strict=True)))
    for name in ACCOUNTS:
        asked = replace(wanted, account=prefix + name)
        part = statements.view(SYSTEM, prefix + "main", asked)
        assert (part.charged_minor, part.credited_minor) == sums[name]
        if name == written:
            for text in (*forms(part), *letter(prefix, asked)):
                assert says_of_a_part(text) == [], text


def forms(part: Statement) -> list[str]:
    """Every form of a statement as text."""
    book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(part)))
    cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    paper = pypdf.PdfReader(io.BytesIO(pdf(part)))
    pages = [page.extract_text() for page in paper.pages]
    return [
        json.dumps(as_json(part)).replace('"opening": null', "").replace('"closing": null', ""),
        "".join(statement_csv(part)),
        "\n".join(cells),
        "\n".join(pages),
        str(paper.metadata),
        "\n".join(_table(part)),
        str(title_of(part)),
    ]


def letter(prefix: str, wanted: StatementRequest) -> list[str]:
    """What the mail would say: its draft, and the facts below it."""
    draft = statement_mail.draft(SYSTEM, prefix + "main", wanted)
    facts = statement_mail._facts(draft.statement)
    return [draft.subject, draft.message, "\n".join(f"{name}: {value}" for name, value in facts)]
