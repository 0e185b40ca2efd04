"""`flask serve` says what is in its way before it starts anything."""

import resource
import socket
import subprocess
import sys
from contextlib import closing

import pytest

from portal.cli import serve
from portal.config import ROOT, Settings
from portal.rules.errors import PortalError


def test_a_taken_port_is_named(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        settings = Settings.from_environment({"PORTAL_INSTANCE_DIR": str(tmp_path), "PORTAL_PORT": str(port)})
        with pytest.raises(PortalError, match=f"Cannot listen at 127.0.0.1:{port} .* PORTAL_PORT"):
            serve._refuse_taken_port(settings)


def test_r21_as_many_connections_are_allowed_as_the_system_lets_it_have():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = serve.MOST_CONNECTIONS + serve.FILES_BESIDES
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    code = (
        "import resource; from portal.cli.serve import allow_connections; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (600, {hard})); "
        "print(allow_connections(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(most - serve.FILES_BESIDES), str(most)]
