"""record.claims: what a record says beside what is so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigov import (
    Agreement,
    Dataset,
    Interval,
    Measured,
    Measurement,
    MissingInputError,
    Model,
    Role,
    UnsupportedInputError,
    msg,
    say,
)
from aigov.model import Crashed, Record
from aigov_checks.record.claims import ClaimsParams, claims

CONTRADICTIONS = {
    "/system/version": "1.1.0",
    "/models/0/files/0/sha256": "0" * 64,
    "/models/0/files/0/size": 1,
    "/models/0/files/0/path": "other.onnx",
    "/models/0/inputs/0/name": "temperature",
    "/models/0/inputs/0/dtype": "float64",
    "/models/0/inputs/0/shape": ["n", 1, 1024],
    "/models/0/outputs/0/shape": [1, 4],
    "/models/0/outputs/0/classes": ["a", "b"],
    "/models/0/parameters_count": 15,
    "/models/0/opset": 12,
    "/models/0/producer": "pytorch",
    "/models/0/classes": ["健康", "外圈", "内圈"],
    "/models/0/metrics/0/value": 0.999,
    "/models/0/metrics/0/dataset_hash": "f" * 64,
    "/models/0/robustness/0/clean": 0.5,
    "/models/0/robustness/0/robust": 0.9,
    "/datasets/0/records": 6,
    "/datasets/0/size_bytes": 0,
    "/datasets/1/records": 14,
}


def counts(measured) -> tuple[int, int, int]:
    names = ("claims_agreeing", "claims_contradicted", "claims_not_verifiable")
    return tuple(int(measured.measurements[name].value) for name in names)


def test_a_record_that_is_true_agrees_in_every_claim(project):
    measured = project.claims()
    assert counts(measured) == (26, 0, 0)
    assert measured.measurements["claims"].value == 26
    assert measured.measurements["claims_contradicted"].interval is None
    assert measured.occurrences == ()


@pytest.mark.parametrize("pointer", CONTRADICTIONS)
def test_a_false_claim_is_contradicted_where_it_stands(project, pointer):
    measured = project.bend(pointer, CONTRADICTIONS[pointer]).claims()
    wrong = [item.location.pointer for item in measured.comparisons if item.agreement is Agreement.CONTRADICTS]
    assert wrong == [pointer]
    assert [item.location.pointer for item in measured.occurrences] == [pointer]
    assert measured.measurements["claims_contradicted"].value == 1


def test_every_comparison_has_words_in_both_languages(project):
    for pointer, value in CONTRADICTIONS.items():
        for item in project.bend(pointer, value).claims().comparisons:
            for sentence in (item.claim, item.measured):
                assert not say(sentence, "en").startswith("record.")
                assert not say(sentence, "zh-CN").startswith("record.")
                assert "{" not in say(sentence, "zh-CN")


def test_one_more_input_than_the_graph_has_is_contradicted(project):
    inputs = [*project.document["models"][0]["inputs"], {"name": "load"}]
    assert counts(project.bend("/models/0/inputs", inputs).claims())[1] == 2


def test_the_shape_indices_of_a_graph_are_counted_as_parameters_or_not(project):
    assert counts(project.bend("/models/0/parameters_count", 18).claims())[1] == 0


@pytest.mark.parametrize(("share", "agreement"), [(0.981, "agrees"), (0.99, "contradicts"), (0.93, "agrees")])
def test_a_declared_accuracy_may_lie_anywhere_in_the_measured_interval_and_a_little_beyond(project, share, agreement):
    measured = project.bend("/models/0/metrics/0/value", share).claims()
    found = [item.agreement for item in measured.comparisons if item.location.pointer == "/models/0/metrics/0/value"]
    assert found == [agreement]


def test_a_robust_accuracy_below_what_attacks_found_is_no_contradiction_because_they_bound_from_above(project):
    assert counts(project.bend("/models/0/robustness/0/robust", 0.3).claims())[1] == 0


def test_a_robust_accuracy_at_another_point_of_the_curve_is_compared_there(project):
    entry = {"norm": "linf", "eps": 0.08, "robust": 0.8}
    assert counts(project.bend("/models/0/robustness", [entry]).claims())[1] == 1


@pytest.mark.parametrize("entry", [{"norm": "l2", "eps": 0.04, "robust": 0.99}, {"eps": 0.01, "robust": 0.99}])
def test_a_robust_accuracy_that_nobody_measured_is_not_verifiable_and_leaves_the_count_exact(project, entry):
    measured = project.bend("/models/0/robustness", [entry]).claims()
    assert counts(measured)[1:] == (0, 1)
    assert measured.measurements["claims_contradicted"].interval is None


@pytest.mark.parametrize(
    "change",
    [{"split": "train"}, {"slice": "night shift"}, {"name": "f1", "value": 0.1}, {"dataset": "other"}],
)
def test_figures_on_other_data_or_of_another_kind_are_not_verifiable(project, change):
    metric = {"name": "clean_accuracy", "value": 0.1, **change}
    assert counts(project.bend("/models/0/metrics", [metric]).claims())[1:] == (0, 1)


def test_no_personal_data_is_contradicted_by_an_occurrence_in_that_data_set_only(project, observations):
    project.observed["data.pii"] = observations["scan"]("log.jsonl")
    measured = project.claims()
    assert [item.location.pointer for item in measured.occurrences] == ["/datasets/1/personal_data/present"]


def test_no_personal_data_is_open_where_the_scan_did_not_cover_a_file(project, observations):
    project.observed["data.pii"] = observations["scan"](uncovered=("log.jsonl",))
    contradicted = project.claims().measurements["claims_contradicted"]
    assert (contradicted.value, contradicted.low, contradicted.high) == (0, 0, 1)
    assert "log.jsonl" in say(contradicted.limits)


def test_declared_personal_data_is_never_contradicted(project):
    measured = project.bend("/datasets/0/personal_data/present", "yes").claims()
    assert counts(measured)[1:] == (0, 1)
    assert measured.measurements["claims_contradicted"].interval is None


@pytest.mark.parametrize("missing", ["model.robustness", "data.pii"])
def test_a_check_that_no_policy_asked_for_leaves_its_claims_open(project, missing):
    del project.observed[missing]
    contradicted = project.claims().measurements["claims_contradicted"]
    assert contradicted.low == 0
    assert contradicted.high > 0
    assert missing in say(contradicted.limits)


@pytest.mark.parametrize("check", ["model.robustness", "data.pii"])
def test_a_check_that_was_not_performed_makes_the_claims_not_assessed_for_its_reason(project, observations, check):
    project.observed[check] = observations["not_performed"](check, "some.reason")
    with pytest.raises(MissingInputError) as caught:
        project.claims()
    assert caught.value.message == msg("some.reason")


def test_a_check_that_crashed_makes_the_claims_not_assessed(project, observations):
    project.observed["data.pii"] = observations["observation"]("data.pii", Crashed("boom"))
    with pytest.raises(MissingInputError, match=r"data\.pii"):
        project.claims()


def test_an_absent_model_or_data_set_makes_the_claims_not_assessed(project):
    whole = project.subject
    gone = Model("classifier", Role.MODEL, "m.onnx", absent=msg("artifact.not-found", path="m.onnx"))
    lost = Dataset("eval", Role.DATASET, "x.npz", absent=msg("artifact.not-found", path="x.npz"))
    for subject in (
        replace(whole, models=(gone,)),
        replace(whole, models=()),
        replace(whole, datasets=(lost, whole.datasets[1])),
        replace(whole, datasets=whole.datasets[:1]),
    ):
        with pytest.raises(MissingInputError):
            replace(project, subject=subject).claims()


def test_without_a_record_the_claims_are_not_assessed(project):
    for record in (None, Record("record", Role.RECORD, "r.yaml", absent=msg("artifact.not-found", path="r.yaml"))):
        with pytest.raises(MissingInputError):
            claims.function(replace(project.subject, record=record), ClaimsParams(), project.observed)
    with pytest.raises(UnsupportedInputError):
        claims.function(
            replace(project.subject, record=Record("record", Role.RECORD)), ClaimsParams(), project.observed
        )


def test_a_truncated_model_makes_the_claims_not_assessed(project):
    file = project.subject.models[0].found[0]
    file.path.write_bytes(file.path.read_bytes()[:40])
    with pytest.raises(UnsupportedInputError):
        project.claims()


def test_a_broken_data_set_leaves_its_count_not_verifiable(project):
    project.subject.datasets[0].found[0].path.write_bytes(b"PK\x03\x04 not a zip")
    assert counts(project.claims())[1:] == (0, 1)


def test_a_pickle_has_no_graph_and_is_compared_by_its_digest_only(project, tmp_path):
    path = tmp_path / "m.pkl"
    path.write_bytes(b"\x80\x04N.")
    model = project.subject.models[0]
    file = replace(model.found[0], path=path)
    subject = replace(project.subject, models=(replace(model, found=(file,)),))
    agreeing, contradicted, beyond = counts(replace(project, subject=subject).claims())
    assert (contradicted, beyond) == (0, 6)
    assert agreeing > 0


def test_paths_of_a_record_are_understood_from_the_record_too(project):
    def moved(artifact):
        return replace(artifact, found=tuple(replace(file, name=f"plant/{file.name}") for file in artifact.found))

    whole = project.audited()
    subject = replace(
        whole,
        models=tuple(map(moved, whole.models)),
        datasets=tuple(map(moved, whole.datasets)),
        record=replace(whole.record, declared="plant/record.yaml"),
    )
    observed = project.observed | {"data.pii": _scan_of_moved(project)}
    assert counts(claims.function(subject, ClaimsParams(), observed)) == (26, 0, 0)


def _scan_of_moved(project):
    scan = project.observed["data.pii"]
    artifacts = tuple(replace(item, path=f"plant/{item.path}") for item in scan.outcome.artifacts)
    return replace(scan, outcome=replace(scan.outcome, artifacts=artifacts))


def test_two_audits_give_the_same_observation(project):
    assert project.claims() == project.claims()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
POINTERS = [
    *CONTRADICTIONS,
    "/system",
    "/models",
    "/models/0",
    "/models/0/files",
    "/models/0/files/0",
    "/models/0/inputs",
]
POINTERS += ["/models/0/metrics", "/models/0/metrics/0", "/models/0/robustness", "/models/0/robustness/0", "/datasets"]
POINTERS += [
    "/models/0/robustness/0/eps",
    "/models/0/robustness/0/norm",
    "/datasets/0",
    "/datasets/0/files",
    "/models/0/name",
]
POINTERS += ["/datasets/0/personal_data", "/datasets/0/personal_data/present", "/datasets/0/name", "/models/0/outputs"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(pointer=st.sampled_from(POINTERS), value=JSON)
def test_wrong_types_anywhere_never_crash_and_never_lose_a_claim(project, pointer, value):
    try:
        measured = project.bend(pointer, value).claims()
    except MissingInputError:
        return
    assert sum(counts(measured)) == measured.measurements["claims"].value == len(measured.comparisons)
    for item in measured.comparisons:
        assert say(item.claim, "zh-CN")
        assert say(item.measured)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(document=st.dictionaries(st.sampled_from(["system", "models", "datasets", "x"]), JSON))
def test_any_document_is_measured_or_refused(project, document):
    try:
        measured = replace(project, document=document).claims()
    except MissingInputError:
        return
    assert measured.measurements["claims"].value >= 0


def attacked(observations, low=0.62, high=0.7, **parameters):
    area = Measurement(0.66, "ratio", Interval(low, high, 0.95), n=400)
    outcome = Measured({"membership_auc": area})
    return observations["observation"]("model.membership", outcome, **{"model": "", **parameters})


@pytest.mark.parametrize(
    ("share", "agreement"), [(0.5, "contradicts"), (0.61, "contradicts"), (0.616, "agrees"), (0.9, "agrees")]
)
def test_a_model_that_tells_more_of_its_training_data_than_declared_is_a_contradiction(
    project, observations, share, agreement
):
    project.observed["model.membership"] = attacked(observations)
    measured = project.bend("/models/0/privacy", {"membership_auc": share}).claims()
    (found,) = [item for item in measured.comparisons if "privacy" in item.location.pointer]
    assert (found.agreement, found.location.pointer) == (agreement, "/models/0/privacy/membership_auc")
    assert say(found.measured, "en") == "At least 66 % under the attack tried (62 % to 70 %, 400 samples)."
    assert "至少" in say(found.measured, "zh-CN")
    assert "成员推断" in say(found.claim, "zh-CN")


def test_a_membership_claim_is_open_where_nothing_was_measured_and_beyond_for_another_model(project, observations):
    told = project.bend("/models/0/privacy", {"membership_auc": 0.5, "dp_epsilon": 3})
    assert counts(told.claims()) == (26, 0, 1)
    assert told.claims().measurements["claims_contradicted"].high == 1
    told.observed["model.membership"] = attacked(observations, model="other")
    assert counts(told.claims()) == (26, 0, 1)
    assert told.claims().measurements["claims_contradicted"].interval is None
    told.observed["model.membership"] = attacked(observations, model="classifier")
    assert counts(told.claims()) == (26, 1, 0)
    told.observed["model.membership"] = observations["not_performed"]("model.membership", "privacy.one-class")
    with pytest.raises(MissingInputError):
        told.claims()
    assert counts(project.claims()) == (26, 0, 0)  # nobody asked


@pytest.mark.parametrize("value", ["little", None, [0.5], {"at": 0.5}, float("nan"), True, "0" * 10_000])
def test_a_membership_claim_that_is_no_number_is_never_agreed_with(project, observations, value):
    project.observed["model.membership"] = attacked(observations)
    measured = project.bend("/models/0/privacy", {"membership_auc": value}).claims()
    found = [item.agreement for item in measured.comparisons if "privacy" in item.location.pointer]
    assert "agrees" not in found
