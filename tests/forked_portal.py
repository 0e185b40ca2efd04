"""Loads the whole portal, for `tests.forked`."""

from portal import cli, web
from portal.outside import sms  # noqa: F401
from portal.rules.collecting import modules
from tests import compiled

for package in (web, cli):
    modules(package.__name__)
compiled.compile_routes_when_used()
