"""Blueprints of the back office."""

from __future__ import annotations

from flask import Blueprint


def blueprints() -> list[Blueprint]:
    """Every blueprint under /staff, with the pages that other modules add to the one of customers."""
    from portal.web.staff import (
        administrators,
        audit,
        config,
        customers,
        home,
        logins,
        outbox,
        postings,
        statements,
        sub_accounts,
    )

    pages = (home, customers, sub_accounts, statements, postings, logins, config, administrators, audit, outbox)
    return list(dict.fromkeys(page.bp for page in pages))
