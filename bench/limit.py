"""The limit of J5: the least of Flask, Jinja and Core that answers with a table of 50 rows of the same database."""

from __future__ import annotations

import os
import sys

from flask import Flask, render_template
from sqlalchemy import select

from portal.config import Settings
from portal.db.engine import standalone_engine
from portal.db.tables import Customer, SubAccountLink

DATABASE = "BENCH_DATABASE"
"""The variable that holds the database's URL: the server imports `app` from here."""
ROWS = 50
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sub-accounts</title><link rel="stylesheet" href="/static/page.css"></head>
<body>
<h1>Sub-accounts</h1>
<table>
<thead><tr><th>Number</th><th>Name</th><th>Email</th><th>Status</th><th>Billing</th></tr></thead>
<tbody>
{% for row in rows %}
<tr><td>{{ row.external_id }}</td><td><a href="/for/{{ row.public_id }}/">{{ row.name }}</a></td>
<td>{{ row.email }}</td><td>{{ row.own_status }}</td><td>{{ row.mode }}</td></tr>
{% endfor %}
</tbody>
</table>
</body>
</html>
"""


def create_app(url: str) -> Flask:
    """The application on a migrated database; `/` is its one page."""
    app = Flask("limit", static_folder=None)
    engine = standalone_engine(url)
    page = app.jinja_env.from_string(PAGE)
    columns = (Customer.external_id, Customer.public_id, Customer.name, Customer.email, Customer.own_status)
    query = (
        select(*columns, SubAccountLink.mode)
        .join(SubAccountLink, SubAccountLink.sub_id == Customer.id)
        .order_by(Customer.folded_name, Customer.id)
        .limit(ROWS)
    )

    @app.get("/")
    def table() -> str:
        with engine.connect() as connection:
            return render_template(page, rows=connection.execute(query).all())

    return app


def command(settings: Settings) -> list[str]:
    """What starts it, by the web server's own threads and with nothing in front of them."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"),
        *("--host", settings.host, "--port", str(settings.port)),
        *("--workers", str(settings.web_workers), "--blocking-threads", str(settings.web_threads)),
        "bench.limit:app",
    ]


if url := os.environ.get(DATABASE):
    app = create_app(url)
