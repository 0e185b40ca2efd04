"""What people see: guards, pages, errors, forms."""

from __future__ import annotations

from flask import Flask

from portal.rules.collecting import declared


def register(app: Flask) -> None:
    """Add the extensions, blueprints, guards and error pages to `app`, and refuse an unguarded endpoint."""
    from portal import extensions
    from portal.outside import languages
    from portal.web import errors, figures, frame, guard, session
    from portal.web.addresses import PublicIdConverter
    from portal.web.serving import assets, bodies, compression, forwarding, headers, heavy, templating

    forwarding.register(app)
    app.url_map.converters["public_id"] = PublicIdConverter
    templating.register(app)
    compression.register(app)
    for extension in (extensions.csrf, extensions.htmx):
        extension.init_app(app)
    bodies.register(app)
    extensions.babel.init_app(app, locale_selector=figures.locale, timezone_selector=figures.time_zone)
    languages.add_to(app.jinja_env)
    session.register(app)
    errors.register(app)
    headers.register(app)
    heavy.register(app)
    frame.register(app)
    figures.register(app)
    _register_pages(app)
    guard.register(app)
    assets.register(app)


def _register_pages(app: Flask) -> None:
    """Every blueprint that a module of this floor has under the name `bp`, once its views are all there."""
    for blueprint in declared("portal.web", "bp"):
        app.register_blueprint(blueprint)
