"""User names in paths of home folders: who trained a model is a person, and traces of exports name them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aigov import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPE = "user-name-in-path"
DETECTOR = f"{TYPE}@1"
TIER = Tier.CONTEXT
CATEGORY = {"GB/T 35273-2020": "general", "GB/T 45574-2025": "general"}
_PATH = re.compile(
    rb"(?i)(?<![A-Za-z0-9._-])(?:/(?:home|data/home|mnt/home)/|/Users/|/mnt/[a-z]/Users/|[A-Z]:[\\/]{1,2}"
    rb"(?:Users|Documents and Settings)[\\/]{1,2})(?P<user>[^\s/\\:*?\"'<>|,;()\[\]{}$%~\x00-\x1f]{2,40})[/\\]",
)
_NOBODY = re.compile(
    rb"(?i)(?:root|user\d*|username|your.?name|me|admin|administrator|ubuntu|debian|centos|fedora|ec2-user|azureuser|"
    rb"opc|pi|vagrant|runner\w*|runneradmin|jenkins|gitlab-runner|github|circleci|travis|build(?:er|bot|kite-agent|er\d+)?|"
    rb"ci|app|web|www|www-data|docker|jovyan|coder|vscode|codespace|conda|miniconda\d?|anaconda\d?|sagemaker-user|airflow|"
    rb"spark|hadoop|mlflow|model-server|tensorflow|pytorch|torch|onnx|workspace|work|project|projects|dev|developer|test|"
    rb"tester|demo|guest|public|default|default user|all users|shared?|service|svc|common|data|models?|team|nobody|"
    rb"linuxbrew|nonroot|appuser|node|python|someone|somebody|xxx+|foo|bar)",
)
"""Accounts of machines and of examples, which are nobody."""


def user_names(value: bytes) -> Iterator[tuple[int, int]]:
    """Yield where in a text a path of a home folder names its user."""
    if b"/" not in value and b"\\" not in value:
        return
    for found in _PATH.finditer(value):
        if not _NOBODY.fullmatch(found["user"]):
            yield found.span("user")
