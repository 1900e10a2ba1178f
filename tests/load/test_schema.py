"""Documents against the schemas of their kinds."""

from __future__ import annotations

import dataclasses
import json
import time

import pytest

from aigov import InputError, model
from aigov.load.document import parse_document
from aigov.load.schema import SCHEMAS, problems, schema_of, validate

WHOLE = """
apiVersion: aigov/v1
kind: Subject
metadata:
  name: bearing-fault-classifier
  version: 1.2.0
  title: {en: Bearing fault classifier, zh: 轴承故障分类器}
  owner: {name: Line 3 reliability team, contact: reliability@plant.example}
context:
  sector: machinery
  scenario: predictive-maintenance
  acts_on_physical: false
  safety_function: false
  generative: false
  public_service: false
  markets: [CN, EU]
  lifecycle: production
models:
  - name: classifier
    path: model/classifier.onnx
    signature: model/classifier.onnx.sig
    trust: {public_key: keys/release.pub.pem}
    task: classification
    classes: [healthy, outer-race, inner-race, ball]
    inputs:
      vibration: {unit: g, range: [-4, 4], accuracy: 0.5 %FS, sampling_rate: 12 kHz, attackable: true}
datasets:
  - {name: train, role: train, path: data/train.parquet, features: [vibration], label: fault}
  - {name: eval, role: test, path: data/eval.npz}
  - {name: maintenance-log, role: auxiliary, path: data/maintenance-log/*.jsonl}
record: transparency-record.yaml
policies: [baseline, cn-ai-manufacturing-2026, eu-ai-act]
waivers: waivers.yaml
"""


def said(text: str, schema: str) -> list[str]:
    return [str(problem) for problem in problems(parse_document(text.encode(), "f.yaml"), schema)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_a_valid_schema_of_2020_12(name):
    from jsonschema import Draft202012Validator

    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]


def test_the_documented_manifest_is_valid():
    assert said(WHOLE, "subject") == []


@pytest.mark.parametrize("text", ["models: [{path: m.onnx}]", "datasets: [{path: d.csv}]", "models: []", "{}"])
def test_the_smallest_manifest_is_valid(text):
    assert said(text, "subject") == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("modelss: []", "f.yaml:1: unknown key modelss  Did you mean models?"),
        ("metadata:\n  version: 1.10", "f.yaml:2: /metadata/version is 1.1; expected text  Put quotes around it."),
        ("models:\n- name: a\n- path: x", "f.yaml:2: /models/0 lacks path"),
        ("models:\n- path: x\n  signatures: y", "f.yaml:3: unknown key signatures  Did you mean signature?"),
        (
            "datasets:\n- path: x\n  role: tset",
            "f.yaml:3: /datasets/0/role is “tset”; expected one of train, test, calibration, auxiliary  Did you mean test?",
        ),
        ("models: x.onnx", "f.yaml:1: /models is “x.onnx”; expected a list"),
        ("context:\n  generative: no", "f.yaml:2: /context/generative is “no”; expected true or false"),
        ("- a", "f.yaml:1: the file is a list of 1; expected a mapping"),
        ("record:", "f.yaml:1: /record is empty; expected text"),
        ("kind: Policy", "f.yaml:1: /kind is “Policy”; expected Subject"),
        ("record: ''", "f.yaml:1: /record is “”; expected text that is not empty"),
        (
            "models:\n- path: x\n  inputs: {a: {range: [1]}}",
            "f.yaml:3: /models/0/inputs/a/range is a list of 1; expected at least 2 entries",
        ),
    ],
)
def test_an_error_names_line_value_and_what_was_expected(text, sentence):
    assert said(text, "subject") == [sentence]


def test_validate_raises_the_first_problem_and_counts_the_rest():
    with pytest.raises(InputError) as caught:
        validate(parse_document(b"modelss: []\nrecord: 3\nwaivers: 4\n", "f.yaml"), "subject")
    assert str(caught.value) == "f.yaml:1: unknown key modelss  Did you mean models?  Further problems: 2."


def test_a_value_that_may_be_personal_is_never_repeated():
    text = "metadata:\n  owner: [Zhang San]\n"
    assert "Zhang" not in said(text, "subject")[0]
    text = "apiVersion: aigov/v1\nkind: TransparencyRecord\nrisk: Zhang San\nprovider: {name: [Li Si]}\n"
    assert len(said(text, "record")) == 2
    assert not any(name in sentence for sentence in said(text, "record") for name in ("Zhang", "Li Si"))


def test_a_long_value_is_shortened_and_printable():
    sentence = said(f"models: {'x' * 5000}", "subject")[0]
    assert len(sentence) < 200
    assert "\n" not in said('models: "a\\nb\\u202e"', "subject")[0]
    assert "\u202e" not in said('models: "a\\nb\\u202e"', "subject")[0]


def test_a_record_may_say_more_than_its_schema_knows():
    text = "apiVersion: aigov/v1\nkind: TransparencyRecord\nown: {field: 1}\nmodels: [{name: a, own: 2}]\n"
    assert said(text, "record") == []


def test_a_document_with_very_many_problems_is_cut_off_in_time():
    text = "models:\n" + "- 1\n" * 50_000
    start = time.perf_counter()
    assert len(said(text, "subject")) == 1000
    assert time.perf_counter() - start < 20


def test_the_assessment_schema_has_every_field_of_the_vocabulary():
    schema = schema_of("assessment")
    for name, part in {"Assessment": schema, **schema["$defs"]}.items():
        cls = getattr(model, name[0].upper() + name[1:], None)
        if dataclasses.is_dataclass(cls) and name not in {"message", "text"}:
            fields = {field.name for field in dataclasses.fields(cls)}
            assert set(part["properties"]) - {"schema", "conclusion"} == fields, name
    assert {"finding", "observation", "measured", "rule", "run"} <= set(schema["$defs"])


def test_the_schemas_are_stored_as_the_formatter_writes_them(root):
    for path in (root / "src/aigov/schemas").glob("*.json"):
        text = path.read_text("utf-8")
        assert json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n" == text
