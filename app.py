"""The WSGI application: `flask` and the web server find it here."""

from portal import create_app
from portal.config import BadSetting

try:
    app = create_app()
except BadSetting as error:
    raise SystemExit(f"Kith cannot start. {error}") from None
