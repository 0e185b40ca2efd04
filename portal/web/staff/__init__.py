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
        future_items,
        groups,
        home,
        labels,
        link_files,
        logins,
        notices,
        outbox,
        partner_accounts,
        postings,
        removal,
        roles,
        settlement,
        statements,
        sub_accounts,
    )

    money = (settlement, statements, postings, future_items)
    profile = (customers, groups, sub_accounts, partner_accounts, *money, logins, removal)
    office = (config, notices, labels, features, administrators, roles, audit, outbox)
    pages = (home, front_desk, *profile, link_files, *office)
    return list(dict.fromkeys(page.bp for page in pages))
