"""What every test may rely on: no network, and builders of the vocabulary."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

# Explaining a failure in a value as large as an assessment takes longer than finding it.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
settings.register_profile("dev", max_examples=50, deadline=None, phases=_PHASES, suppress_health_check=_SLOW)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_network(request):
    """Block sockets in every test; those marked `loopback` may talk to this machine, `installs` to a package index."""
    if request.node.get_closest_marker("installs"):
        enable_socket()
    elif request.node.get_closest_marker("loopback"):
        socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture
def root() -> Path:
    return ROOT
