"""The WSGI application: `flask` and the web server find it here."""

import gc

from portal import create_app
from portal.config import BadSetting

try:
    app = create_app()
except BadSetting as error:
    raise SystemExit(f"Kith cannot start. {error}") from None

# What was loaded by now stays: to look for garbage among it again and again takes a part of every page.
gc.freeze()
gc.set_threshold(5_000, 20, 10)
