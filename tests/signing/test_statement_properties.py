import json
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from aigov import SignatureError
from aigov.errors import Place
from aigov.signing.digests import acceptable
from aigov.signing.envelope import Bundle, CertificateChain, KeyHint, parse_bundle
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
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(statements)
def test_a_statement_survives_writing_and_reading(statement):
    assert parse_statement(statement.to_bytes(), PLACE) == statement


@given(statements, st.randoms(use_true_random=False))
def test_the_root_does_not_depend_on_the_order(statement, random):
    shuffled = list(statement.resources)
    random.shuffle(shuffled)
    assert Statement("m", tuple(shuffled)).root == statement.root


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_reason(data):
    for parse in (parse_statement, parse_bundle):
        try:
            parse(data, PLACE)
        except SignatureError as error:
            assert str(error).startswith("model.sig: ")  # noqa: PT017  # being read is as good  # being read is as good


@settings(max_examples=300)
@given(statements, values, st.data())
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
