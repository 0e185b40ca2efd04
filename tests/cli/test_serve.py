"""`flask serve` says what is in its way before it starts anything."""

import socket
from contextlib import closing

import pytest

from portal.cli import serve
from portal.config import Settings
from portal.rules.errors import PortalError


def test_a_taken_port_is_named(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        settings = Settings.from_environment({"PORTAL_INSTANCE_DIR": str(tmp_path), "PORTAL_PORT": str(port)})
        with pytest.raises(PortalError, match=f"Cannot listen at 127.0.0.1:{port} .* PORTAL_PORT"):
            serve._refuse_taken_port(settings)
