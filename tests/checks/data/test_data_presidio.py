"""Presidio and language models: recognizers by country, context words, names in free text, and our detectors in Presidio."""

import socket

import pytest
from data_scans import Scan, places, subject_of

from aigov import UnsupportedInputError
from aigov_checks.data import as_presidio
from aigov_checks.data.pii import PiiParams, pii

NHS = "943 476 5919"
ZH = "设备由张建国检修后恢复，随后送往苏州市吴江区，宏远机电公司签收"


def types(measured):
    return [occurrence.type for occurrence in measured.occurrences]


@pytest.fixture
def reached(monkeypatch):
    """Return the hosts that anything tried to resolve or reach."""
    hosts = []

    def refuse(host, *_):
        hosts.append(host)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return hosts


def pipeline(folder, language="zh", patterns=()):
    """Save a spaCy pipeline that knows a few names, and return its name for the parameter."""
    import spacy

    nlp = spacy.blank(language)
    if patterns:
        nlp.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": text} for label, text in patterns])
    path = folder / f"toy-{language}"
    nlp.to_disk(path)
    return f"spacy:{path}"


@pytest.fixture
def chinese(tmp_path):
    return pipeline(tmp_path, "zh", [("PERSON", "张建国"), ("GPE", "苏州市吴江区"), ("ORG", "宏远机电公司")])


def test_the_recognizers_of_a_country_run_on_request(scan):
    assert types(scan.pii(f"nhs {NHS} seen")) == []
    assert types(scan.pii(f"nhs {NHS} seen", presidio_countries=("uk",))) == ["presidio.uk-nhs"]
    assert types(scan.pii(f"nhs {NHS} seen", presidio_countries=("us", "de"))) == []
    assert "presidio.de-tax-id" in types(scan.pii("Steuer-ID 86095742719", presidio_countries=("DE",)))


def test_a_number_whose_check_digit_is_wrong_is_no_occurrence(scan):
    assert types(scan.pii("nhs 943 476 5918 seen", presidio_countries=("uk",))) == []


def test_a_country_or_region_that_nobody_knows_is_an_error(scan):
    with pytest.raises(UnsupportedInputError, match="for atlantis; known are"):
        scan.pii("x", presidio_countries=("atlantis",))
    with pytest.raises(UnsupportedInputError, match="XX is no region"):
        scan.pii("x", presidio_phone_regions=("XX",))


def test_more_detectors_than_can_run_together_are_an_error():
    from aigov_checks.data.detectors import load

    with pytest.raises(UnsupportedInputError, match="can run together"):
        load("pii", tuple(f"ENTITY_{number}" for number in range(120)))


def test_the_e_mail_recognizer_resolves_nothing(scan, reached):
    found = scan.pii("mail zhang.wei@huanyu-motor.com", presidio=("EMAIL_ADDRESS",), types=("presidio.email-address",))
    assert types(found) in (["presidio.email-address"], [])
    from aigov_checks.data.presidio import spans

    assert list(spans("EMAIL_ADDRESS", b"mail zhang.wei@huanyu-motor.com now")) == [(5, 31)]
    assert list(spans("EMAIL_ADDRESS", b"mail zhang.wei@localhost.nosuchtld now")) == []
    assert reached == []


def test_the_telephone_recognizer_takes_china_as_a_region(reached):
    from aigov_checks.data.presidio import spans

    text = b"tel 010-62345678 ok"
    assert list(spans("PHONE_NUMBER[CN]", text)) == [(4, 16)]
    assert reached == []


def test_words_before_a_weak_match_count_where_a_pipeline_is_given(scan, tmp_path):
    english = pipeline(tmp_path, "en")
    text = "her passport says 912803456 here"
    assert types(scan.pii(text, presidio=("US_PASSPORT",))) == []
    assert types(scan.pii(text, presidio=("US_PASSPORT",), ner=english)) == ["presidio.us-passport"]
    assert types(scan.pii("the counter showed 912803456 then", presidio=("US_PASSPORT",), ner=english)) == []


def test_a_model_finds_names_addresses_and_organisations_in_free_text(scan, chinese):
    assert "organisation" not in types(scan.pii(ZH))
    measured = scan.pii(ZH, ner=chinese)
    assert {"person-name", "address", "organisation"} <= set(types(measured))
    named = next(place for place in places(measured) if place[0] == "person-name")
    assert ZH[named[4] : named[5]] == "张建国"
    assert {o.tier.value for o in measured.occurrences} == {"context"}
    assert "张建国" not in repr(measured)


def test_the_scope_says_which_text_the_model_sees(scan, tmp_path):
    lower = pipeline(tmp_path, "en", [("PERSON", "bob")])
    assert types(scan.pii("ask bob about it", ner=lower)) == []
    assert types(scan.pii("ask bob about it", ner=lower, ner_scope="full")) == ["person-name"]
    with pytest.raises(UnsupportedInputError, match="`some` is no scope"):
        scan.pii("x", ner=lower, ner_scope="some")


def test_names_far_into_a_long_text_keep_their_place(scan, chinese):
    text = "a b c " * 2000 + "报告人是张建国。" + " x y z" * 2000
    for scope in ("candidates", "full"):
        found = [place for place in places(scan.pii(text, ner=chinese, ner_scope=scope)) if place[0] == "person-name"]
        assert {text[place[4] : place[5]] for place in found} == {"张建国"}, scope


def test_a_model_reads_the_cells_of_tables_too(scan, chinese):
    measured = scan.pii('{"note": "由张建国检修"}\n{"note": "正常"}\n', "a.jsonl", ner=chinese)
    assert [(o.location.record, o.location.pointer) for o in measured.occurrences] == [(0, "/note")]


@pytest.mark.parametrize(
    ("name", "said"),
    [("spacy:zh_core_web_sm", "python -m spacy download zh_core_web_sm"), ("stanza:zh", "spacy:NAME-OR-PATH"),
     ("transformers:/nowhere", "pip install transformers")],
)  # fmt: skip
def test_a_model_that_is_not_there_is_an_error_that_says_what_to_do(scan, name, said, reached):
    with pytest.raises(UnsupportedInputError) as error:
        scan.pii("x", ner=name)
    assert said in error.value.sentence()
    assert reached == []


def test_a_folder_that_is_no_model_is_an_error(scan, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsupportedInputError, match="cannot be loaded"):
        scan.pii("x", ner=f"spacy:{tmp_path / 'empty'}")


def test_without_a_model_names_are_said_to_be_partly_covered(scan, chinese):
    without, with_ = scan.pii("x"), scan.pii("x", ner=chinese)
    names = without.measurements["occurrences[type=person-name]"]
    assert (names.value, names.high, names.limits.id) == (0, float("inf"), "data.names-partly")
    assert "data.names-partly" in [note.id for note in without.notes]
    assert with_.measurements["occurrences[type=person-name]"].high == 0
    assert "data.names-by-model" in [note.id for note in with_.notes]
    assert without.measurements["occurrences"].high == 0


def test_another_model_in_the_same_folder_is_another_unit(tmp_path):
    text = Scan(tmp_path).write("log.txt", ZH)
    first = pipeline(tmp_path, "zh", [("PERSON", "张建国")])
    one = pii.parts.split(subject_of(text), PiiParams(ner=first))
    pipeline(tmp_path, "zh", [("PERSON", "李四")])
    two = pii.parts.split(subject_of(text), PiiParams(ner=first))
    assert one[0].content != two[0].content


def test_our_detectors_serve_the_analyzer_of_presidio(reached):
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    engine = NoOpNlpEngine(models=[{"lang_code": "zh", "model_name": "none"}])
    engine.load()
    registry = RecognizerRegistry(supported_languages=["zh"])
    for recognizer in as_presidio.recognizers("zh"):
        registry.add_recognizer(recognizer)
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["zh"])
    text = "操作员\n身份证11010519491231002X，电话13812345678\npassword: Xk9#mQ2vLp"
    found = {(r.entity_type, text[r.start : r.end], r.score) for r in analyzer.analyze(text, language="zh")}
    assert ("CN_RESIDENT_ID", "11010519491231002X", 1.0) in found
    assert ("CN_MOBILE", "13812345678", 0.6) in found
    assert any(entity == "PASSWORD" and value == "Xk9#mQ2vLp" for entity, value, _ in found)
    only = analyzer.analyze(text, language="zh", entities=["CN_MOBILE"])
    assert [(r.entity_type, text[r.start : r.end]) for r in only] == [("CN_MOBILE", "13812345678")]
    assert reached == []
