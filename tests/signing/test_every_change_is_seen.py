"""Whatever changes in a signed folder is seen, however it was hashed."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigov import SignatureError, signing

names = st.sampled_from(["a", "b.bin", "sub/a", "sub/c", "aa:0:1", "sub-d/e", "空", "__init__.py", "sub/a.sig"])
trees = st.dictionaries(names, st.binary(max_size=40), min_size=1, max_size=5)
hashings = st.builds(
    signing.Hashing,
    algorithm=st.sampled_from(["sha256", "blake3"]),
    shard_size=st.none() | st.integers(1, 50),
    reference_labels=st.booleans(),
    sm3=st.booleans(),
)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "k.pem"
    signing.new_key(path)
    return path


def written(tree, folder):
    for name, content in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@settings(max_examples=150)
@given(tree=trees, other=trees, hashing=hashings)
def test_a_folder_verifies_if_and_only_if_it_is_what_was_signed(key, tree, other, hashing):
    if hashing.algorithm == "blake3":
        pytest.importorskip("blake3", reason="needs the extra blake3")
    trust = signing.KeyTrust(signing.public_path(key))
    with tempfile.TemporaryDirectory() as home:
        model, signature = Path(home, "model"), Path(home, "model.sig")
        model.mkdir()
        written(tree, model)
        only_empty = not any(tree.values())
        if hashing.shard_size is not None and only_empty:
            with pytest.raises(SignatureError, match="only empty files"):
                signing.sign(model, key, signature, recipe=signing.Recipe(hashing))
            return
        signing.sign(model, key, signature, recipe=signing.Recipe(hashing))
        found = signing.verify(model, signature, trust)
        assert {resource.name for resource in found.resources} | {n for n, c in tree.items() if not c} == set(tree)
        for name in tree:
            (model / name).unlink()
        written(other, model)
        if other == tree:
            assert signing.verify(model, signature, trust).uncovered == ()
        else:
            seen = {difference.name for difference in signing.examine(model, signature, trust).differences}
            assert seen == {name for name in {*tree, *other} if tree.get(name) != other.get(name)}


@settings(max_examples=100)
@given(content=st.binary(min_size=1, max_size=60), change=st.binary(max_size=60), hashing=hashings)
def test_a_file_verifies_if_and_only_if_it_has_the_bytes_that_were_signed(key, content, change, hashing):
    if hashing.algorithm == "blake3":
        pytest.importorskip("blake3", reason="needs the extra blake3")
    trust = signing.KeyTrust(signing.public_path(key))
    with tempfile.TemporaryDirectory() as home:
        model = Path(home, "model.bin")
        model.write_bytes(content)
        signing.sign(model, key, recipe=signing.Recipe(hashing))
        model.write_bytes(change)
        assert bool(signing.examine(model, None, trust).differences) is (content != change)
