"""The application: `flask` finds it here as `app` (WSGI), the web server as `served` (RSGI)."""

import gc
import os

from portal import create_app
from portal.config import BadSetting
from portal.db import soundness
from portal.web.serving import heavy
from portal.web.serving.gate import Gate

try:
    app = create_app()
except BadSetting as error:
    raise SystemExit(f"Kith cannot start. {error}") from None
if "FLASK_RUN_FROM_CLI" not in os.environ:  # commands look by themselves, and say it in their own way
    with app.app_context():
        if fault := soundness.trouble():
            raise SystemExit(f"Kith cannot start. {fault}")
served = Gate(app, app.config["PORTAL_SETTINGS"], heavy.addresses(app))

# What was loaded by now stays: to look for garbage among it again and again takes a part of every page.
gc.freeze()
gc.set_threshold(5_000, 20, 10)
