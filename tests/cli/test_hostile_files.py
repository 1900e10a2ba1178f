"""What hostile files and file names can do to a terminal, to pipes, and to files outside their folder."""

import json
import os

import pytest

from aigov.cli import run
from aigov.load.document import parse_document
from aigov.load.schema import problems

PICKLE = b"cos\nsystem\n(S'true'\ntR."


def test_an_error_line_obeys_no_file_name(tmp_path, capsys):
    path = tmp_path / "a\n\x1b[31mb\u202ec\x9b.yaml"
    path.write_text("x: [")
    assert run(["audit", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.rstrip("\n").isprintable()


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_on_stdout_has_no_raw_control_or_direction_character(tmp_path, capsys, form):
    path = tmp_path / os.fsdecode("m\n\x1b\u202e\u2028\x9b".encode() + b"\xff.pkl")
    path.write_bytes(PICKLE)
    assert run(["check", "model.serialization", str(path), "--format", form, "--engine", "serial"]) == 1
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.split("\n"))
    assert out.encode()
    json.loads(out)


def test_init_does_not_write_through_links(tmp_path, capsys):
    folder, outside = tmp_path / "p", tmp_path / "outside"
    (folder / ".aigov").mkdir(parents=True)
    outside.mkdir()
    (folder / "a.csv").write_text("a\n1\n")
    (folder / ".aigov" / "schemas").symlink_to(outside)
    assert run(["init", str(folder)]) == 2
    (folder / ".aigov" / "schemas").unlink()
    (folder / "transparency-record.yaml").symlink_to(outside / "new")
    assert run(["init", str(folder)]) == 2
    assert run(["init", str(folder), "--force"]) == 0
    assert list(outside.iterdir()) == []
    assert not (folder / "transparency-record.yaml").is_symlink()
    assert "Traceback" not in capsys.readouterr().err


def test_init_leaves_out_links_pipes_and_names_that_cannot_be_written(tmp_path):
    (tmp_path / "ok.csv").write_text("a\n1\n")
    (tmp_path / "gone.pkl").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.pkl")
    (tmp_path / os.fsdecode(b"bad\xff.pkl")).write_bytes(PICKLE)
    assert run(["init", str(tmp_path)]) == 0
    text = (tmp_path / "aigov.yaml").read_text()
    assert "ok.csv" in text
    assert ".pkl" not in text


def test_a_report_that_is_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "assessment.json")
    assert run(["report", str(tmp_path)]) == 2


def test_a_manifest_of_many_unknown_keys_is_refused_after_a_thousand():
    text = "".join(f"key{i}: 1\n" for i in range(50_000))
    assert len(problems(parse_document(text.encode(), "x.yaml"), "subject")) == 1_000
