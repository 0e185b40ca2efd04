"""Kith, a customer self-service portal: `create_app` wires the floors together and decides nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from portal.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Raises `portal.config.BadSetting` for a setting it cannot start with.

    Imports happen inside, so that `portal.rules` can be used without Flask or a database.
    """
    from flask import Flask
    from flask_migrate import Migrate

    from portal import cli, web
    from portal.actions.overdue import blocking  # noqa: F401  (lifts blocks with whatever settles what was overdue)
    from portal.config import ROOT, Settings
    from portal.db import tables  # noqa: F401  (registers every table)
    from portal.db.engine import db, engine_options, prepare
    from portal.outside import clock, logs

    settings = settings or Settings.from_environment()
    if settings.sms_url:
        from portal.outside import sms  # loading it takes a second, which only installations with SMS spend

        sms.check(settings.sms_url)
    app = Flask(
        "portal",
        root_path=str(ROOT / "portal"),
        template_folder=str(ROOT / "templates"),
        static_folder=None,  # static files are answered in front of Flask (`web/serving/assets.py`)
        instance_path=str(settings.instance_dir),
    )
    app.config.from_mapping(settings.flask_config())
    app.config["SQLALCHEMY_ENGINE_OPTIONS"].update(engine_options(settings.database_url))
    logs.configure(settings.log_level)
    clock.fix(settings.clock)
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    Migrate(app, db, directory=str(ROOT / "migrations"))
    web.register(app)
    cli.register(app)
    return app
