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
        features,
        front_desk,
        groups,
        home,
        labels,
        logins,
        outbox,
        postings,
        roles,
        statements,
        sub_accounts,
    )

    profile = (customers, groups, sub_accounts, statements, postings, logins)
    pages = (home, front_desk, *profile, config, labels, features, administrators, roles, audit, outbox)
    return list(dict.fromkeys(page.bp for page in pages))
