import json
import tempfile
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from aigov import InputError, SignatureError, signing
from aigov.errors import Place
from aigov.signing.deny_list import KIND
from aigov.signing.digests import Range, acceptable
from aigov.signing.documents import write_document
from aigov.signing.envelope import Bundle, CertificateChain, KeyHint, parse_bundle
from aigov.signing.keys import public_key_of
from aigov.signing.private_keys import PrivateKey
from aigov.signing.statement import Resource, Statement
from aigov.signing.statement_reader import parse_statement

PLACE = Place("model.sig")
names = (
    st.lists(st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1), min_size=1)
    .map("/".join)
    .filter(acceptable)
)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
statements = st.builds(
    Statement,
    name=st.text(min_size=1).filter(str.isprintable),
    resources=st.lists(
        st.builds(Resource, names, st.just("sha256"), digests), min_size=1, max_size=5, unique_by=lambda r: r.name
    ).map(tuple),
    ignored=st.lists(names, max_size=3, unique=True).map(tuple),
    allow_symlinks=st.booleans(),
)
sm3 = st.just("") | digests


@st.composite
def sharded(draw):
    """A statement over shards, as a signer would write it."""
    size = draw(st.integers(1, 50))
    resources = []
    for name in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        length = draw(st.integers(1, 4 * size))
        for start in range(0, length, size):
            part = Range(start, min(start + size, length))
            resources.append(Resource(name, "sha256", draw(digests), part, draw(sm3)))
    empty = draw(st.none() | st.lists(names, max_size=2, unique=True).map(tuple))
    labels = draw(st.booleans())
    return Statement("m", tuple(resources), shard_size=size, empty=empty, reference_labels=labels)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(statements | sharded())
def test_a_statement_survives_writing_and_reading(statement):
    assert parse_statement(statement.to_bytes(), PLACE) == statement


@given(statements | sharded(), st.randoms(use_true_random=False))
def test_the_root_does_not_depend_on_the_order(statement, random):
    shuffled = list(statement.resources)
    random.shuffle(shuffled)
    assert replace(statement, resources=tuple(shuffled)).root == statement.root


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_reason(data):
    for parse in (parse_statement, parse_bundle):
        try:
            parse(data, PLACE)
        except SignatureError as error:
            assert str(error).startswith("model.sig: ")  # noqa: PT017  # being read is as good  # being read is as good


@settings(max_examples=300)
@given(statements | sharded(), values, st.data())
def test_a_statement_with_anything_in_it_is_read_or_refused_with_a_reason(statement, value, data):
    document = json.loads(statement.to_bytes())
    place, key = data.draw(st.sampled_from(list(_places(document))))
    place[key] = deepcopy(value)
    try:
        found = parse_statement(json.dumps(document).encode(), PLACE)
    except SignatureError as error:
        assert "signing." not in str(error)  # noqa: PT017  # being read is as good  # being read is as good
    else:
        assert all(acceptable(r.name) or r.name == "." for r in found.resources)


@given(
    st.binary(min_size=1),
    st.binary(min_size=1),
    st.text("0123456789abcdef", max_size=64) | st.lists(st.binary(min_size=1), min_size=1, max_size=16),
)
def test_a_bundle_survives_writing_and_reading(payload, signature, material):
    made = Bundle(
        KeyHint(material) if isinstance(material, str) else CertificateChain(tuple(material)), payload, signature
    )
    assert parse_bundle(made.to_bytes(), PLACE) == made


@given(st.text())
def test_an_acceptable_name_stays_inside_a_folder(name):
    if acceptable(name):
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert name.encode()


def _places(value):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


moments = st.none() | st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(  # noqa: DTZ001  # made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
lists = st.builds(
    signing.DenyList,
    issued=moments.filter(bool),
    entries=st.lists(st.builds(signing.Denied, digests, st.text(min_size=1), moments, moments), max_size=3).map(tuple),
)


def signer():
    key = ec.derive_private_key(20261123, ec.SECP256R1())
    return PrivateKey(public_key_of(key.public_key()), key)


SIGNER = signer()


def listed(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "deny.json")
        path.write_bytes(data)
        return signing.read_deny_list(path, SIGNER.public)


@given(lists)
def test_a_deny_list_survives_writing_and_reading(made):
    assert listed(made.to_bytes(SIGNER)) == made


@given(lists, values, st.data())
def test_a_deny_list_with_anything_in_it_is_read_or_refused_with_a_reason(made, value, data):
    content = listed(made.to_bytes(SIGNER))
    document = {"schema": "aigov/deny-list/v1", "issued": "2026-11-23T00:00:00Z", "entries": []}
    document["entries"] = [{"fingerprint": entry.fingerprint, "reason": entry.reason} for entry in content.entries]
    place, key = data.draw(st.sampled_from(list(_places(document))))
    place[key] = deepcopy(value)
    try:
        listed(write_document(KIND, document, SIGNER))
    except (SignatureError, InputError) as error:
        assert "signing." not in str(error)  # noqa: PT017  # being read is as good
