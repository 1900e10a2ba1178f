"""Names, addresses and organisations by a language model that the user has installed; nothing is ever downloaded."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aigov import UnsupportedInputError, msg, need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aigov_checks.data.asked import Asked

Span = tuple[int, int, str]
"""Half-open character offsets, and our type of what stands there."""
_LABELS = {
    **dict.fromkeys(("PERSON", "PER", "NAME", "NR"), "person-name"),
    **dict.fromkeys(("GPE", "LOC", "FAC", "LOCATION", "ADDRESS", "ADDR", "NS"), "address"),
    **dict.fromkeys(("ORG", "ORGANIZATION", "ORGANISATION", "COMPANY", "NT"), "organisation"),
}
"""Labels of spaCy's, OntoNotes', CoNLL's and Chinese corpora to our types."""
_INSTALL = {"spacy": "python -m spacy download {name}", "transformers": "hf download {name}"}
_WHOLE = 400
"""Characters of a text that is looked at whole; about what a model of 512 tokens takes."""
_AROUND = 150
"""Characters before and after a candidate that a longer text is cut to."""
_CANDIDATE = re.compile(r"[A-Z][a-z]{1,20} [A-Z][a-z]|[\u4e00-\u9fff]{2}")
_REMEMBERED = 256


def require(pipeline: str) -> None:
    """Say early that a model is not there.

    Raises:
        UnsupportedInputError: it is not installed, or no such kind of pipeline is known; with what to do.
        MissingExtraError: its library is not installed.
    """
    _model(pipeline)


def identity(pipeline: str) -> str:
    """Return what the results of a model depend on: the digest of its files, or name and version of its package."""
    name = pipeline.partition(":")[2]
    folder = Path(name)
    if not folder.is_dir():
        try:
            return f"{pipeline} {version(name.replace('_', '-'))}"
        except (PackageNotFoundError, ValueError):
            return pipeline
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return f"{pipeline} sha256:{digest.hexdigest()}"


def spans(asked: Asked, text: str) -> Iterator[tuple[int, int]]:
    """Return the character ranges of one type in a text: in windows around candidates, or everywhere.

    Raises:
        UnsupportedInputError: see `require`.
    """
    type_, scope = asked.options
    windows = _chunks(text) if scope == "full" else _windows(text)
    for start, end in windows:
        for first, last, found in _looked_at(asked.pipeline, text[start:end]):
            if found == type_:
                yield start + first, start + last


def spacy_pipeline(pipeline: str) -> Any:  # spaCy has no types here
    """Return the loaded spaCy pipeline, for Presidio's context words; None for a pipeline of another kind."""
    kind, _, name = pipeline.partition(":")
    return _load_spacy(name) if kind == "spacy" else None


@lru_cache(maxsize=_REMEMBERED)
def _looked_at(pipeline: str, text: str) -> tuple[Span, ...]:
    """Return everything that a model finds; three detectors ask for the same text."""
    return tuple(_model(pipeline)(text))


@cache
def _model(pipeline: str) -> Callable[[str], list[Span]]:
    kind, _, name = pipeline.partition(":")
    if kind == "spacy" and name:
        nlp = _load_spacy(name)
        return lambda text: [
            (entity.start_char, entity.end_char, _LABELS[entity.label_.upper()])
            for entity in nlp(text).ents
            if entity.label_.upper() in _LABELS
        ]
    if kind == "transformers" and name:
        tag = _load_transformers(name)
        return lambda text: [
            (int(found["start"]), int(found["end"]), _LABELS[label])
            for found in tag(text)
            if (label := str(found["entity_group"]).upper().rpartition("-")[2]) in _LABELS
        ]
    raise UnsupportedInputError(msg("data.ner-kind", pipeline=pipeline))


@cache
def _load_spacy(name: str) -> Any:  # spaCy has no types here
    spacy = need("spacy", "pii")
    if not spacy.util.is_package(name) and not Path(name).is_dir():
        raise _missing("spacy", name)
    try:
        return spacy.load(name)
    except (OSError, ValueError, ImportError) as error:
        raise UnsupportedInputError(msg("data.ner-broken", name=name, error=type(error).__name__)) from error


def _load_transformers(name: str) -> Callable[[str], list[dict[str, Any]]]:  # transformers has no types here
    """Return a tagger; weights are read from safetensors alone, because others are programs."""
    if importlib.util.find_spec("transformers") is None:
        raise UnsupportedInputError(msg("data.ner-library", library="transformers", install="pip install transformers"))
    transformers = need("transformers", "pii")
    here = {"local_files_only": True}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **here)
        model = transformers.AutoModelForTokenClassification.from_pretrained(name, use_safetensors=True, **here)
    except (OSError, ValueError) as error:
        if Path(name).is_dir():
            raise UnsupportedInputError(msg("data.ner-broken", name=name, error=type(error).__name__)) from error
        raise _missing("transformers", name) from error
    tagger: Callable[[str], list[dict[str, Any]]] = transformers.pipeline(
        "token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple", device=-1
    )
    return tagger


def _missing(kind: str, name: str) -> UnsupportedInputError:
    return UnsupportedInputError(msg("data.ner-missing", name=name, install=_INSTALL[kind].format(name=name)))


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges around candidates, joined where they meet; a short text is one range."""
    if len(text) <= _WHOLE:
        yield 0, len(text)
        return
    start = end = -1
    for found in _CANDIDATE.finditer(text):
        first, last = max(0, found.start() - _AROUND), min(len(text), found.end() + _AROUND)
        if first > end or last - start > _WHOLE:
            if end > 0:
                yield start, end
            start = max(first, end)
        end = last
    if end > 0:
        yield start, end


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Yield a text in pieces that a model takes, cut after a sentence or a word where there is one."""
    start = 0
    while len(text) - start > _WHOLE:
        piece = text[start : start + _WHOLE]
        cut = max(piece.rfind(mark) for mark in "。！？；.!?;\n") + 1 or piece.rfind(" ") + 1 or _WHOLE
        yield start, start + cut
        start += cut
    yield start, len(text)
