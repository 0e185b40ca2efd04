"""Bank files as tests write them."""

from __future__ import annotations

from collections.abc import Iterable

ACCOUNT = "CZ6508000000192000145399"


def signed(amount: str) -> str:
    """An amount with its direction, as elements."""
    direction = "DBIT" if amount.startswith("-") else "CRDT"
    return f'<Amt Ccy="{{ccy}}">{amount.lstrip("-")}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'


def balance(code: str, amount: str) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{signed(amount)}<Dt><Dt>2026-11-28</Dt></Dt></Bal>"


def details(
    name: str = "", iban: str = "", text: str = "", reference: str = "", amount: str = "", more: str = ""
) -> str:
    """One part of an entry."""
    told = f'<AmtDtls><TxAmt><Amt Ccy="{{ccy}}">{amount}</Amt></TxAmt></AmtDtls>' if amount else ""
    structured = f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>" if reference else ""
    account = f"<DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>" if iban else ""
    parties = f"<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr>{account}</RltdPties>"
    return f"<TxDtls>{told}{more}{parties}<RmtInf><Ustrd>{text}</Ustrd>{structured}</RmtInf></TxDtls>"


def entry(amount: str, parts: str = "", *, day: str = "2026-11-28", ref: str = "", more: str = "") -> str:
    inside = f"<NtryDtls>{parts}</NtryDtls>" if parts else ""
    called = f"<AcctSvcrRef>{ref}</AcctSvcrRef>" if ref else ""
    return (
        f"<Ntry>{signed(amount)}{more}<Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt></BookgDt>"
        f"<ValDt><Dt>{day}</Dt></ValDt>{called}{inside}</Ntry>"
    )


def statement(
    opening: str, closing: str, entries: Iterable[str] = (), *, number: str = "S1", account: str = ACCOUNT
) -> str:
    return (
        f"<Stmt><Id>{number}</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', closing)}{''.join(entries)}</Stmt>"
    )


def camt(*statements: str, currency: str = "EUR", head: str = "", version: str = "02") -> bytes:
    """A camt.053 of these statements."""
    said = "".join(statements).replace("{ccy}", currency)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.'
        f'{version}"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>{said}</BkToCstmrStmt></Document>'
    ).encode()


def mt940(
    *lines: str, opening: str = "C261127EUR1000,", closing: str = "C261128EUR1000,", number: str = "5/1"
) -> bytes:
    """One message; lines are those between the balances."""
    rows = [":20:STARTUMS", f":25:{ACCOUNT}", f":28C:{number}", f":60F:{opening}", *lines, f":62F:{closing}", "-"]
    return "\r\n".join(rows).encode() + b"\r\n"
