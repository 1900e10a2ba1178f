from pathlib import Path

import pytest

from aigov import FrozenMap, Measured, Model, NotPerformed, Role, Subject, msg, say, signing
from aigov.model import Artifact, File
from aigov_checks.model.signature import SignatureParams, signature


def as_file(path: Path, root: Path) -> File:
    name = path.relative_to(root).as_posix()
    return File(path, name, path.stat().st_size, signing.file_digest(path))


def model_of(path: Path, root: Path, key: Path | None = None, name: str = "classifier", **more) -> Model:
    paths = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return Model(
        name=name,
        role=Role.MODEL,
        declared=path.relative_to(root).as_posix(),
        found=tuple(as_file(p, root) for p in paths),
        trust=FrozenMap({"public_key": str(key)} if key else {}),
        **more,
    )


def observe(root: Path, *models: Model, **params):
    return signature.function(Subject("plant", models=models, root=root), SignatureParams(**params))


def numbers(outcome):
    assert isinstance(outcome, Measured)
    assert set(outcome.measurements) == set(signature.measures)
    return {name: m.value for name, m in outcome.measurements.items()}


CLEAN = {"signature_valid": 1, "models_signed": 1, "models_unsigned": 0, "files_uncovered": 0}


def test_a_signed_model_is_clean(tmp_path, keys, file, folder):
    for path in (file, folder):
        signing.sign(path, keys.private)
        outcome = observe(tmp_path, model_of(path, tmp_path, keys.public))
        assert numbers(outcome) == CLEAN
        assert outcome.occurrences == ()
        assert {a.status.value for a in outcome.artifacts} == {"clean"}
        assert outcome.facts["fingerprint"] == signing.fingerprint(keys.public.read_bytes())
        assert str(tmp_path) not in repr(outcome)


def test_one_flipped_byte_is_an_occurrence_that_names_the_file(tmp_path, keys, file, folder):
    for path, target in ((file, file), (folder, folder / "sub" / "weights.bin")):
        signing.sign(path, keys.private)
        data = bytearray(target.read_bytes())
        data[-1] ^= 255
        target.write_bytes(data)
        outcome = observe(tmp_path, model_of(path, tmp_path, keys.public))
        assert numbers(outcome) == {**CLEAN, "signature_valid": 0, "files_uncovered": 1}
        assert [(o.type, o.location.path) for o in outcome.occurrences] == [
            ("signature.changed", target.relative_to(tmp_path).as_posix())
        ]
        assert [a.path for a in outcome.artifacts if a.status.value == "unsafe"] == [
            outcome.occurrences[0].location.path
        ]


def test_an_added_file_is_not_covered(tmp_path, keys, folder):
    signing.sign(folder, keys.private)
    (folder / "backdoor.py").touch()
    outcome = observe(tmp_path, model_of(folder, tmp_path, keys.public))
    assert numbers(outcome) == {**CLEAN, "signature_valid": 0, "files_uncovered": 1}
    assert outcome.occurrences[0].location.path == "model/backdoor.py"


def test_a_file_that_the_format_leaves_out_is_not_covered(tmp_path, keys, folder):
    signing.sign(folder, keys.private)
    (folder / ".gitattributes").write_text("* filter=evil")
    outcome = observe(tmp_path, model_of(folder, tmp_path, keys.public))
    assert numbers(outcome) == {**CLEAN, "signature_valid": 0, "files_uncovered": 1}
    assert (outcome.artifacts[0].path, outcome.artifacts[0].status.value) == ("model/.gitattributes", "not-covered")


def test_a_model_without_a_signature_says_so(tmp_path, keys, file):
    gone = Artifact("classifier", Role.SIGNATURE, "x.sig", absent=msg("signature.none"))
    for more in ({}, {"signature": gone}):
        outcome = observe(tmp_path, model_of(file, tmp_path, keys.public, **more))
        assert numbers(outcome) == {
            "signature_valid": 0,
            "models_signed": 0,
            "models_unsigned": 1,
            "files_uncovered": 1,
        }
        assert [o.type for o in outcome.occurrences] == ["signature.missing"]
        assert outcome.artifacts[0].status.value == "not-covered"


def test_broken_signatures_fail_with_their_cause(tmp_path, keys, file, folder):
    path = signing.sign(file, keys.private)
    model = model_of(file, tmp_path, keys.public)
    for content, cause in (
        (b"", "empty"),
        (b"{", "not JSON"),
        (signing.sign(folder, keys.private).read_bytes(), "not of this file"),
    ):
        path.write_bytes(content)
        outcome = observe(tmp_path, model)
        assert numbers(outcome)["signature_valid"] == 0
        assert outcome.occurrences[0].location.path == "模型 1.onnx"
        assert cause in say(outcome.occurrences[0].message)


def test_another_key_than_the_trusted_one_fails(tmp_path, keys, file):
    signing.sign(file, keys.private)
    assert numbers(observe(tmp_path, model_of(file, tmp_path, keys.other)))["signature_valid"] == 0


def test_the_key_of_the_policy_wins_over_the_key_of_the_model(tmp_path, keys, file):
    signing.sign(file, keys.private)
    model = model_of(file, tmp_path, keys.public)
    assert numbers(observe(tmp_path, model, public_key="keys/release.pub.pem")) == CLEAN
    assert numbers(observe(tmp_path, model, public_key="keys/other.pub.pem"))["signature_valid"] == 0


def test_a_signature_elsewhere_is_found_where_it_is_declared(tmp_path, keys, file):
    path = signing.sign(file, keys.private, tmp_path / "elsewhere.sig")
    declared = Artifact("classifier", Role.SIGNATURE, "elsewhere.sig", found=(as_file(path, tmp_path),))
    assert numbers(observe(tmp_path, model_of(file, tmp_path, keys.public, signature=declared))) == CLEAN


def test_what_cannot_be_judged_is_not_performed_with_the_reason(tmp_path, keys, file):
    signing.sign(file, keys.private)
    live = Model("live", Role.MODEL, value=object())
    absent = Model("gone", Role.MODEL, "gone.onnx", absent=msg("signature.none"))
    cases = [
        (model_of(file, tmp_path), "no trusted public key"),
        (model_of(file, tmp_path, tmp_path / "nix.pem"), "could not be judged"),
        (live, "in memory"),
        (absent, "cannot be read"),
    ]
    for model, reason in cases:
        outcome = observe(tmp_path, model)
        assert isinstance(outcome, NotPerformed)
        assert reason in say(outcome.reason)
    assert isinstance(observe(tmp_path), NotPerformed)


def test_one_good_and_one_unjudged_model_is_open_and_one_bad_is_not(tmp_path, keys, file):
    signing.sign(file, keys.private)
    live = Model("live", Role.MODEL, value=object())
    good = model_of(file, tmp_path, keys.public)
    valid = observe(tmp_path, good, live).measurements["signature_valid"]
    assert (valid.low, valid.high) == (0, 1)
    file.write_bytes(b"other")
    valid = observe(tmp_path, good, live).measurements["signature_valid"]
    assert (valid.low, valid.high) == (0, 0)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_sentence_has_words(tmp_path, keys, folder, lang):
    signing.sign(folder, keys.private)
    (folder / "config.json").write_text("[]")
    (folder / "extra").touch()
    (folder / ".gitignore").touch()
    (folder / "link").symlink_to("extra")
    model = model_of(folder, tmp_path, keys.public)
    for occurrence in observe(tmp_path, model).occurrences:
        assert not say(occurrence.message, lang).startswith("signature.")
