"""Links, pipes, loops and bombs of patterns in what a manifest names."""

import os
import socket

import pytest

from aigov.errors import InputError
from aigov.load.document import read_bytes
from aigov.load.subject import find_manifest, load_subject

HEAD = "apiVersion: aigov/v1\nkind: Subject\nmetadata: {name: s, version: '1'}\n"


@pytest.fixture
def plant(tmp_path):
    """Return a subject's folder; beside it lies one that is not the subject's."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.csv").write_text("a\n1\n")
    folder = tmp_path / "subject"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "own.csv").write_text("a\n1\n")
    return folder


def load(folder, path="data", tail=""):
    manifest = folder / "aigov.yaml"
    manifest.write_text(f"{HEAD}datasets: [{{name: d, path: '{path}', role: auxiliary}}]\n{tail}")
    return load_subject(find_manifest(folder))


def names(subject):
    return [file.name for file in subject.datasets[0].found]


def refused(folder, path="data", tail=""):
    with pytest.raises(InputError) as caught:
        load(folder, path, tail)
    return caught.value.message.id


def test_a_linked_file_inside_a_folder_may_not_lead_out_of_the_subject(plant):
    (plant / "data" / "link.csv").symlink_to(plant.parent / "outside" / "secret.csv")
    assert refused(plant) == "artifact.outside"


@pytest.mark.parametrize("path", ["data", "**/*.csv", "data/*/*.csv"])
def test_a_linked_folder_may_not_lead_out_of_the_subject(plant, path):
    (plant / "data" / "more").symlink_to(plant.parent / "outside")
    assert refused(plant, path) == "artifact.outside"


def test_a_linked_folder_inside_the_subject_is_searched_like_any_other(plant):
    (plant / "elsewhere").mkdir()
    (plant / "elsewhere" / "linked.csv").write_text("a\n1\n")
    (plant / "data" / "more").symlink_to(plant / "elsewhere")
    assert names(load(plant)) == ["data/more/linked.csv", "data/own.csv"]


@pytest.mark.parametrize("path", ["data", "**/" * 30 + "x", "*/" * 30 + "x", "**/" + "*/" * 20 + "x", "**/*.csv"])
def test_loops_of_links_and_rows_of_stars_end_at_once(plant, path):
    for name in "abcdefgh":
        (plant / "data" / name).symlink_to(plant / "data")
    (plant / "data" / ("deep/" * 40)).mkdir(parents=True)
    wanted = ["data/own.csv"] if "x" not in path.replace("csv", "") else []
    subject = load(plant, path)
    assert names(subject) == wanted


@pytest.mark.parametrize("path", ["loop", "a/" * 3000, "n" * 5000])
def test_what_can_be_no_path_is_refused(plant, path):
    (plant / "loop").symlink_to("loop")
    assert refused(plant, path) == "artifact.bad-path"


@pytest.mark.parametrize("path", ["data", "data/*.csv", "data/pipe.csv"])
def test_a_pipe_is_refused_wherever_it_is_found(plant, path):
    os.mkfifo(plant / "data" / "pipe.csv")
    assert refused(plant, path) == "artifact.not-regular"


def test_a_broken_link_is_refused(plant):
    (plant / "data" / "gone.csv").symlink_to(plant / "data" / "nothing")
    assert refused(plant, "data/*.csv") == "artifact.unreadable"


def test_a_policy_of_the_manifest_is_a_file_of_the_subject(plant):
    (plant / "p.yaml").symlink_to(plant.parent / "outside" / "secret.csv")
    assert refused(plant, tail="policies: [p.yaml]") == "artifact.outside"
    assert refused(plant, tail="policies: [../outside/p.yaml]") == "artifact.outside"


def test_a_manifest_may_not_be_a_link_to_a_file_elsewhere(plant):
    (plant / "aigov.yaml").symlink_to(plant.parent / "outside" / "secret.csv")
    with pytest.raises(InputError) as caught:
        load_subject(find_manifest(plant))
    assert caught.value.message.id == "artifact.outside"


def test_a_pipe_a_socket_and_a_device_are_no_documents(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.yaml")
    with pytest.raises(InputError) as caught:
        read_bytes("pipe.yaml", 10)
    assert caught.value.message.id == "load.not-a-file"
    with pytest.raises(InputError) as caught:
        read_bytes(os.devnull, 10)
    assert caught.value.message.id == "load.not-a-file"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.yaml")
        with pytest.raises(InputError):
            read_bytes("s.yaml", 10)
