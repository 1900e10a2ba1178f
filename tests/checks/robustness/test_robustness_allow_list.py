"""The signed list of names in the sandbox: it allows what it names, and loads nothing whose digest is not trusted."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle  # noqa: TID251  # written, and loaded only in the sandbox
import sys
from datetime import UTC, datetime

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from aigov import FrozenMap, Measured, MissingInputError, UnsupportedInputError, signing
from aigov.registry import installed_checks
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.params import RobustnessParams

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
NOW = datetime(2026, 11, 26, tzinfo=UTC)
HOUSE = """
from sklearn.base import BaseEstimator, TransformerMixin
class Threshold:
    classes_ = (0, 1)
    def predict(self, x):
        return (x.mean(axis=1) > 0.5).astype(int)
class Scale(TransformerMixin, BaseEstimator):
    def fit(self, x, y=None):
        self.most_ = float(abs(x).max())
        return self
    def transform(self, x):
        return x / self.most_
"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/listedhouse.py").write_text(HOUSE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    import listedhouse

    yield listedhouse
    sys.modules.pop("listedhouse", None)


@pytest.fixture
def listed(tmp_path):
    """Return a function from names to the parameters of a list that holds them."""
    for name in ("release", "other"):
        signing.new_key(tmp_path / f"{name}.pem")

    def make(*names, key="release"):
        entries = tuple(signing.Allowed(name, NOW, "reviewed") for name in names)
        document = signing.AllowList(NOW, entries).to_bytes(signing.read_signing_key(tmp_path / "release.pem"))
        (tmp_path / "allowed.json").write_bytes(document)
        return {"allow_list": str(tmp_path / "allowed.json"), "allow_list_key": str(tmp_path / f"{key}.pub.pem")}

    return make


@pytest.fixture
def check(build, blobs):
    def run(path, *, trusted=True, **params):
        digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        declared = {"trust": FrozenMap({"digest": digest})} if trusted else {}
        subject = build.subject(build.model(path, **declared), build.dataset(*blobs))
        return robustness.function(subject, RobustnessParams(queries=20, **params))

    return run


def reason(call):
    with pytest.raises((UnsupportedInputError, MissingInputError)) as refused:
        call()
    return refused.value.reason.id


def test_a_pickle_with_a_class_of_the_list_is_loaded_where_its_digest_is_trusted(check, house, listed, tmp_path):
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(house.Threshold()))
    assert reason(lambda: check(path)) == "robustness.pickle-not-clean"
    assert reason(lambda: check(path, **listed("listedhouse.Thresholds"))) == "robustness.pickle-not-clean"
    names = listed("listedhouse.Threshold", "of.another.Model", "com.acme::Filter", "Threshold")
    assert reason(lambda: check(path, trusted=False, **names)) == "robustness.pickle"
    found = check(path, **names)
    assert found.measurements["clean_accuracy"].value > 0.9


def test_a_skops_file_with_a_type_of_the_list_too(check, house, listed, tmp_path, blobs):
    import skops.io

    path = tmp_path / "m.skops"
    skops.io.dump(make_pipeline(house.Scale(), LogisticRegression()).fit(*blobs), path)
    assert isinstance(check(path, **listed("listedhouse.Scale")), Measured)
    assert check(path, trusted=False, **listed("listedhouse.Scale")).reason.id == "robustness.untrusted-types"


def test_what_does_harm_is_not_loaded_whatever_the_list_says(check, listed, tmp_path):
    path = tmp_path / "m.pkl"
    path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert reason(lambda: check(path, **listed("os.system", "posix.system"))) == "robustness.pickle-not-clean"


def test_a_list_that_cannot_be_relied_on_is_no_empty_list(check, house, listed, tmp_path):
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(house.Threshold()))
    good = listed("listedhouse.Threshold")
    bad = {
        "another key": listed("listedhouse.Threshold", key="other"),
        "no list": {**good, "allow_list": str(tmp_path / "none.json")},
        "no key": {**good, "allow_list_key": str(tmp_path / "none.pem")},
    }
    for params in bad.values():
        assert reason(lambda params=params: check(path, **params)) == "serialization.allow-list.refused"
    for name in good:
        assert reason(lambda name=name: check(path, **{name: good[name]})) == "serialization.allow-list.usage"
    whole = (tmp_path / "allowed.json").read_bytes()
    for document in (b"", b"{}", whole[:-20], whole.replace(b"payload", b"payloae", 1), b"[" * 10_000):
        (tmp_path / "allowed.json").write_bytes(document)
        assert reason(lambda: check(path, **good)) == "serialization.allow-list.refused"


def test_every_check_that_takes_names_takes_a_list():
    fields = {id_: {f.name for f in dataclasses.fields(item.check.params)} for id_, item in installed_checks().items()}
    takes = {id_ for id_, names in fields.items() if "allow" in names}
    assert {"model.robustness", "model.membership", "model.extraction", "model.faults", "data.poisoning"} < takes
    assert takes == {id_ for id_, names in fields.items() if {"allow_list", "allow_list_key"} <= names}
