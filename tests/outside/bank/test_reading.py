"""Bank files in three forms: what is read, what adds up, and what is refused."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from portal.outside.bank.reading import read
from portal.rules.bank.files import Closed, Entry, Line, Opened
from portal.rules.bank.mappings import mapped
from portal.rules.errors import Invalid, Refused
from tests.outside.bank.writing import ACCOUNT, balance, camt, details, entry, mt940, signed, statement


def lines(data: bytes, **more: object) -> list[Entry]:
    return [one.entry for one in read(io.BytesIO(data), **more) if isinstance(one, Line)]  # type: ignore[arg-type]


def amounts(data: bytes, **more: object) -> list[int]:
    return [one.amount_minor for one in lines(data, **more)]


def prints(data: bytes) -> list[str]:
    return [one.fingerprint for one in read(io.BytesIO(data)) if isinstance(one, Line)]


def refused(data: bytes, **more: object) -> str:
    with pytest.raises((Invalid, Refused)) as told:
        amounts(data, **more)
    return str(told.value)


# camt.053 -------------------------------------------------------------------------------------------------------------


def test_f16_a_statement_is_read_with_who_paid_and_what_for() -> None:
    one = details("Zoë &lt;b&gt; 株式会社", "DE89370400440532013000", "Fa 405", "RF25INV000405")
    data = camt(statement("-100.00", "50.00", [entry("150.00", one, ref="B1")]))
    opened, line, closed = read(io.BytesIO(data))
    assert opened == Opened("S1", ACCOUNT, "EUR", -10000)
    assert closed == Closed(5000)
    assert isinstance(line, Line)
    found = line.entry
    assert (found.booked_on.isoformat(), found.value_on, found.amount_minor) == (
        "2026-11-28",
        found.booked_on,
        15000,
    )
    assert (found.name, found.account, found.text, found.reference, found.bank_reference) == (
        "Zoë <b> 株式会社",
        "DE89370400440532013000",
        "Fa 405",
        "RF25INV000405",
        "B1",
    )


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_f16_no_entries_and_any_version_are_no_error(version: str) -> None:
    found = list(read(io.BytesIO(camt(statement("5.00", "5.00"), version=version))))
    assert found == [Opened("S1", ACCOUNT, "EUR", 500), Closed(500)]


def test_f16_several_statements_each_add_up() -> None:
    two = statement("1.00", "2.00", [entry("1.00")]), statement("7.00", "4.00", [entry("-3.00")], number="S2")
    assert [one.id for one in read(io.BytesIO(camt(*two))) if isinstance(one, Opened)] == ["S1", "S2"]
    assert amounts(camt(*two)) == [100, -300]


def test_f16_the_worked_example_of_charges_inside() -> None:
    """+1526.00 with one part of 1500.00 and charges of 26.00 inside, opening 0.00, closing 1526.00."""
    charges = '<Chrgs><Rcrd><Amt Ccy="{ccy}">26.00</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>'
    above = entry("1526.00", details("A", amount="1500.00"), more=charges)
    below = entry("1526.00", details("A", amount="1500.00", more=charges))
    nothing = entry("1526.00", details("A", amount="1500.00"))
    assert amounts(camt(statement("0.00", "1526.00", [above]))) == [150000, 2600]
    assert amounts(camt(statement("0.00", "1526.00", [below]))) == [150000, 2600]
    assert [one.text for one in lines(camt(statement("0.00", "1526.00", [above])))][1] == "Charges"
    assert amounts(camt(statement("0.00", "1526.00", [nothing]))) == [152600]
    taken = entry("1474.00", details("A", amount="1500.00", more=charges))
    assert amounts(camt(statement("0.00", "1474.00", [taken]))) == [150000, -2600]


def test_f16_the_worked_example_of_a_reversal() -> None:
    """A debit of 50.00 marked as a reversal, opening 1000.00: once −50.00, once +50.00, or refused."""
    taken_back = entry("-50.00", more="<RvslInd>true</RvslInd>")
    assert amounts(camt(statement("1000.00", "950.00", [taken_back]))) == [-5000]
    assert amounts(camt(statement("1000.00", "1050.00", [taken_back]))) == [5000]
    told = refused(camt(statement("1000.00", "1100.00", [taken_back])))
    assert "[F16]" in told
    assert "The difference is 150.00 EUR" in told
    plain = refused(camt(statement("1000.00", "1050.00", [entry("-50.00")])))
    assert "The difference is 100.00 EUR" in plain


def test_f16_a_batch_is_split_into_its_parts() -> None:
    parts = details("A", amount="10.00") + details("B", amount="20.50") + details("C", amount="0.50")
    found = lines(camt(statement("0.00", "31.00", [entry("31.00", parts, ref="B7")])))
    assert [(one.name, one.amount_minor, one.bank_reference) for one in found] == [
        ("A", 1000, "B7/1"),
        ("B", 2050, "B7/2"),
        ("C", 50, "B7/3"),
    ]
    other = details("A", amount="10.00") + details("B", amount="20.00")
    assert amounts(camt(statement("0.00", "31.00", [entry("31.00", other)]))) == [3100]
    unknown = details("A") + details("B")
    assert amounts(camt(statement("0.00", "31.00", [entry("31.00", unknown)]))) == [3100]


def test_f16_what_is_only_announced_is_no_line() -> None:
    pending = entry("5.00").replace("BOOK", "PDNG")
    coded = entry("1.00").replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>")
    assert amounts(camt(statement("0.00", "1.00", [pending, coded]))) == [100]


def test_f16_pages_of_one_statement_have_interim_balances() -> None:
    page = f"<Stmt><Id>1</Id>{balance('ITBD', '1.00')}{balance('ITBD', '3.00')}{entry('2.00')}</Stmt>"
    assert amounts(camt(page)) == [200]


def test_f16_the_same_entry_has_the_same_fingerprint_and_equal_ones_do_not() -> None:
    first = camt(statement("0.00", "3.00", [entry("1.00"), entry("1.00"), entry("1.00", ref="B9")]))
    longer = camt(statement("-4.00", "3.00", [entry("4.00"), entry("1.00"), entry("1.00"), entry("1.00", ref="B9")]))
    assert len(set(prints(first))) == 3
    assert prints(longer)[1:] == prints(first)
    elsewhere = statement("0.00", "1.00", [entry("1.00")], account="DE89370400440532013000")
    assert prints(camt(elsewhere))[0] not in prints(first)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (camt(statement("0.00", "1.00", [entry("1.00")]))[:-40], "cut off or damaged"),
        (camt(statement("0.00", "1.00", [entry("1.00")]))[:500], "cut off or damaged"),
        (camt(statement("0.00", "1.00", [entry("1.00", details("Zoë"))])).decode().encode("cp1252"), "damaged"),
        (camt(head='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "document type of its own"),
        (camt(head="<!doctype x>"), "document type of its own"),
        (camt(), "no statement of an account"),
        (b"<html><body>Please sign in</body></html>", "no statement of an account"),
        (camt("<Stmt><Id>1</Id></Stmt>"), "with which balance it opens"),
        (camt(f"<Stmt><Id>1</Id>{balance('OPBD', '1.00')}</Stmt>"), "with which balance it closes"),
        (camt(statement("0.00", "0.001")), "in EUR that can be kept"),
        (camt(statement("0.00", "1e3")), "not an amount"),
        (camt(statement("0.00", "0.00", [entry("0.00", day="2026-02-30")])), "not a date"),
        (camt(statement("0.00", "0.00", [entry("0.00", day="1066-01-01")])), "not a date"),
        (camt(statement("0.00", "0.00"), currency="euro"), "not a currency"),
        (camt("<Stmt>").replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt"), "camt.052"),
        (b"", "A CSV needs a mapping"),
        (b"\x00\xff\x00", "A CSV needs a mapping"),
    ],
)
def test_f16_what_cannot_be_trusted_is_refused_with_a_reason(data: bytes, sentence: str) -> None:
    assert sentence in refused(data)


def test_f16_another_currency_is_refused() -> None:
    other = entry("1.00").replace("{ccy}", "USD")
    assert "is in EUR and has an amount in USD" in refused(camt(statement("0.00", "1.00", [other])))
    closing = f"<Stmt><Id>1</Id>{balance('OPBD', '1.00')}{balance('CLBD', '1.00').replace('{ccy}', 'CZK')}</Stmt>"
    assert "has an amount in CZK" in refused(camt(closing))
    assert signed("-1") == '<Amt Ccy="{ccy}">1</Amt><CdtDbtInd>DBIT</CdtDbtInd>'


def test_sec48_entities_are_neither_fetched_nor_expanded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = camt(statement("0.00", "0.00"), head=f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>')
    assert "document type of its own" in refused(bomb)
    late = camt(statement("0.00", "0.00"), head="<!-- " + "x" * 5000 + ' --><!DOCTYPE x [<!ENTITY e "ha">]>')
    assert "document type of its own" in refused(late)
    utf16 = camt(head="<!DOCTYPE x>").decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert "document type of its own" in refused(utf16)


def test_r19_a_text_of_a_hundred_megabytes_is_refused_with_little_memory() -> None:
    text = "x" * 100_000_000
    data = camt(statement("0.00", "1.00", [entry("1.00", details("A", text=text))]))
    del text
    tracemalloc.start()
    assert "damaged" in refused(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


# MT940 ----------------------------------------------------------------------------------------------------------------


def test_f16_an_mt940_is_read_with_who_paid_and_what_for() -> None:
    coded = (
        ":61:2611281128C150,00NTRFNONREF//B1",
        ":86:166?00GUTSCHRIFT?20EREF+RF25INV000405?21SVWZ+Fa 405?30COBADEFFXXX?31DE89370400440532013000?32MUELLER",
        ":61:2611281128D50,NTRFX7//B2",
        ":86:/NAME/Acme Ltd/IBAN/CZ6508000000192000145399/REMI/rent of November",
    )
    data = mt940(*coded, closing="C261128EUR1100,00")
    opened, first, second, closed = read(io.BytesIO(data))
    assert opened == Opened("5/1", ACCOUNT, "EUR", 100000)
    assert closed == Closed(110000)
    assert isinstance(first, Line)
    assert isinstance(second, Line)
    one, two = first.entry, second.entry
    assert (one.amount_minor, one.name, one.account, one.reference, one.text) == (
        15000,
        "MUELLER",
        "DE89370400440532013000",
        "RF25INV000405",
        "Fa 405",
    )
    assert (two.amount_minor, two.name, two.account, two.reference, two.text) == (
        -5000,
        "Acme Ltd",
        ACCOUNT,
        "X7",
        "rent of November",
    )


def test_f16_reversals_of_an_mt940_have_their_sign() -> None:
    assert amounts(mt940(":61:2611281128RC5,00NTRFNONREF", closing="C261128EUR995,")) == [-500]
    assert amounts(mt940(":61:2611281128RD5,00NTRFNONREF", closing="C261128EUR1005,")) == [500]
    assert amounts(mt940(":61:2611281128RC5,00NTRFNONREF", closing="C261128EUR1005,")) == [500]
    assert "The difference is 5.00 EUR" in refused(mt940(":61:2611281128RC5,00NTRFNONREF"))


def test_f16_several_messages_are_several_statements_and_pages_are_one() -> None:
    two = mt940() + mt940(number="6/1")
    assert len([one for one in read(io.BytesIO(two)) if isinstance(one, Opened)]) == 2
    page = mt940(":61:2611281128C5,NTRFNONREF", closing="C261128EUR1005,").replace(b":62F:", b":62M:")
    rest = mt940(":61:2611281128C1,NTRFNONREF", opening="C261128EUR1005,", closing="C261128EUR1006,")
    found = list(read(io.BytesIO(page + rest.replace(b":60F:", b":60M:"))))
    assert [one.entry.amount_minor for one in found if isinstance(one, Line)] == [500, 100]
    assert len([one for one in found if isinstance(one, Opened)]) == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (mt940()[:-30], "cut off"),
        (mt940(":61:garbage", closing="C261128EUR1000,"), "damaged"),
        (mt940(":61:2613331128C5,00NTRFNONREF"), "damaged"),
        (mt940(closing="C261128CZK1000,"), "opens in EUR and closes in CZK"),
        (mt940(closing="C261128EUR1000,").replace(b":62F:", b":62M:"), "cut off"),
        (b":20:X\n", "cut off"),
    ],
)
def test_f16_a_damaged_mt940_is_refused(data: bytes, sentence: str) -> None:
    assert sentence in refused(data)


# CSV ------------------------------------------------------------------------------------------------------------------

MAPPING = mapped(
    "dkb",
    {
        "date": "Buchungstag",
        "amount": "Betrag",
        "name": "Zahlungspflichtige",
        "text": "Verwendungszweck",
        "balance": "Saldo",
        "dates": "dd.mm.yyyy",
        "decimal": ",",
        "account": ACCOUNT,
    },
    "EUR",
)
HEAD = "Konto;DE 1\n\nBuchungstag;Betrag;Zahlungspflichtige;Verwendungszweck;Saldo;Weiteres\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_f16_a_csv_is_read_by_its_mapping(encoding: str) -> None:
    rows = HEAD + "28.11.2026;1.150,00;Müller;Fa 405;1.250,00;x\n27.11.2026;-50,00;Bank;Gebühr;100,00;y\n"
    data = rows.encode(encoding)
    opened, *found, closed = read(io.BytesIO(data), MAPPING)
    assert (opened, closed) == (Opened("", ACCOUNT, "EUR", 15000), Closed(125000))
    assert [one.entry.amount_minor for one in found if isinstance(one, Line)] == [-5000, 115000]
    assert [one.entry.name for one in found if isinstance(one, Line)] == ["Bank", "Müller"]


def test_f16_a_csv_without_balances_says_none() -> None:
    mapping = mapped("x", {"date": "d", "credit": "in", "debit": "out"}, "EUR")
    opened, *_, closed = found = list(read(io.BytesIO(b"d,in,out\n2026-11-28,5.00,\n2026-11-28,,3\n"), mapping))
    assert (opened, closed) == (Opened("", "", "EUR", None), Closed(None))
    assert [one.entry.amount_minor for one in found if isinstance(one, Line)] == [500, -300]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("2026-11-28;1,00;a;b;1,00;", "line 4, Buchungstag: “2026-11-28” is not a date as the mapping has it."),
        ("28.11.2026;viel;a;b;1,00;", "line 4, Betrag: “viel” is not an amount."),
        ("28.11.2026;1,00;a;b;1,00;\n28.11.2026;1,00;a;b;3,00;", "The difference is 1.00 EUR"),
        ("28.11.2026;1,00;a;b", "line 4"),
    ],
)
def test_f16_what_is_wrong_with_a_csv_is_named_by_line(row: str, sentence: str) -> None:
    assert sentence in refused((HEAD + row + "\n").encode(), mapping=MAPPING)
    assert "Betrag" in refused(b"Buchungstag;Saldo\n1;2\n", mapping=MAPPING)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"date": "d"},
        {"date": "d", "amount": "a", "credit": "c"},
        {"date": "d", "amount": "a", "colour": "x"},
        {"date": "d", "amount": "a", "dates": "d.m.y"},
        {"date": "d", "amount": "a", "decimal": "'"},
        {"date": "d", "amount": "a", "currency": "euros"},
        {"date": "d" * 101, "amount": "a"},
    ],
)
def test_f16_a_mapping_that_cannot_work_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        mapped("x", given, "EUR")
