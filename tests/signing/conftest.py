"""Keys and models for the tests of signatures."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from aigov import signing


@pytest.fixture
def keys(tmp_path: Path) -> SimpleNamespace:
    folder = tmp_path / "keys"
    folder.mkdir()
    signing.new_key(folder / "release.pem")
    signing.new_key(folder / "other.pem")
    return SimpleNamespace(
        private=folder / "release.pem",
        public=folder / "release.pub.pem",
        other=folder / "other.pub.pem",
        trust=signing.KeyTrust(folder / "release.pub.pem"),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "模型 1.onnx"
    path.write_bytes(bytes(range(256)) * 40)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    (path / "sub").mkdir(parents=True)
    (path / "sub-c").mkdir()
    (path / "config.json").write_text("{}")
    (path / "__init__.py").touch()
    (path / "sub" / "weights.bin").write_bytes(b"\1" * 3_000_000)
    (path / "sub-c" / "vocab.txt").write_text("词")
    return path
