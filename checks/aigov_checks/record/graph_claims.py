"""Claims that the graph of a model proves or refutes: tensors, parameters, classes, operator set, producer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import Message, Model, msg
from aigov.load.node import shorten
from aigov_checks.record.claim import Checked, Claim, agrees, beyond, compared, contradicts, unsettled
from aigov_checks.record.fields import Field, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aigov_checks.record.graph import Graph, Tensor

_CLAIMED = ("inputs", "outputs", "parameters_count", "opset", "producer", "classes")
_ALIASES = {"float": "float32", "single": "float32", "double": "float64", "half": "float16", "str": "string"}
_SCORES = 2
"""Axes of an output that holds one score a class: samples, classes."""


def claims_graph(entry: Field) -> bool:
    """Return whether the entry says anything that only the graph can prove."""
    return any(entry.child(key).present for key in _CLAIMED)


def graph_claims(entry: Field, model: Model, graph: Graph | None) -> Iterator[Checked]:
    """Yield what an entry of `models` says of the graph; `graph` is None where the model has none to read."""
    if graph is None:
        why = msg("record.why.live", name=model.name) if model.live else msg("record.why.no-graph", name=model.name)
        for key in _CLAIMED:
            if entry.child(key).present:
                yield beyond(Claim(entry.child(key), msg("record.claim.graph", model=named(entry), field=key)), why)
        return
    yield from _tensors(entry.child("inputs"), graph.inputs, "input")
    yield from _tensors(entry.child("outputs"), graph.outputs, "output")
    yield from _parameters(entry.child("parameters_count"), graph)
    yield from _stamp(entry, graph)
    yield from _classes(entry.child("classes"), _score_output(graph))
    by_name = {tensor.name: tensor for tensor in graph.outputs}
    for output in entry.child("outputs").items():
        yield from _classes(output.child("classes"), by_name.get(output.child("name").text or ""))


def _tensors(field: Field, tensors: tuple[Tensor, ...], kind: str) -> Iterator[Checked]:
    items = list(field.items())
    if not items:
        return
    claim = Claim(field, msg(f"record.claim.{kind}s", count=len(items)))
    yield compared(claim, msg(f"record.measured.{kind}s", count=len(tensors)), same=len(items) == len(tensors))
    by_name = {tensor.name: tensor for tensor in tensors}
    for item in items:
        name = item.child("name")
        if not name.present:
            continue
        tensor = by_name.get(name.text or "")
        claim = Claim(name, msg(f"record.claim.{kind}", name=name.shown))
        if tensor is None:
            yield contradicts(claim, msg("record.measured.names", names=_listed(by_name)))
            continue
        yield agrees(claim, msg("record.measured.in-graph"))
        yield from _about(item, tensor)


def _about(item: Field, tensor: Tensor) -> Iterator[Checked]:
    dtype, shape = item.child("dtype"), item.child("shape")
    name = shorten(tensor.name)
    if dtype.present:
        claim = Claim(dtype, msg("record.claim.dtype", name=name, dtype=dtype.shown))
        said = (dtype.text or "").strip().lower()
        if not tensor.dtype:
            yield beyond(claim, msg("record.why.no-tensor", name=name))
        else:
            same = _ALIASES.get(said, said) == tensor.dtype
            yield compared(claim, msg("record.measured.dtype", dtype=tensor.dtype), same=same)
    if shape.present:
        claim = Claim(shape, msg("record.claim.shape", name=name, shape=shape.shown))
        if tensor.shape is None:
            yield beyond(claim, msg("record.why.no-shape", name=name))
        else:
            measured = msg("record.measured.shape", shape=_shape(tensor.shape))
            yield compared(claim, measured, same=_same_shape(shape, tensor.shape))


def _same_shape(field: Field, shape: tuple[int | str | None, ...]) -> bool:
    """Return whether both have a number on the same axes, and the same number; how a free axis is called is free."""
    said = list(field.items())
    if len(said) != len(shape):
        return False
    return all(
        (axis.whole == size) if isinstance(size, int) else axis.whole is None
        for axis, size in zip(said, shape, strict=True)
    )


def _parameters(field: Field, graph: Graph) -> Iterator[Checked]:
    if not field.present:
        return
    claim = Claim(field, msg("record.claim.parameters", count=field.shown))
    if field.whole is None:
        yield unsettled(claim, msg("record.why.unreadable", value=field.shown))
        return
    measured = _range_of(graph)
    yield compared(claim, measured, same=graph.trained <= field.whole <= graph.stored)


def _range_of(graph: Graph) -> Message:
    if graph.trained == graph.stored:
        return msg("record.measured.parameters", count=str(graph.stored))
    return msg("record.measured.parameters-range", low=str(graph.trained), high=str(graph.stored))


def _stamp(entry: Field, graph: Graph) -> Iterator[Checked]:
    """Yield operator set and producer, as the exporter wrote them into the file."""
    opset, producer = entry.child("opset"), entry.child("producer")
    if opset.present and graph.opset is not None:
        claim = Claim(opset, msg("record.claim.opset", opset=opset.shown))
        same = str(opset.value).strip() == str(graph.opset) if opset.text or opset.whole is not None else False
        yield compared(claim, msg("record.measured.opset", opset=str(graph.opset)), same=same)
    if producer.present:
        claim = Claim(producer, msg("record.claim.producer", producer=producer.shown))
        if not graph.producer:
            yield beyond(claim, msg("record.why.no-producer"))
        else:
            measured = msg("record.measured.producer", producer=shorten(graph.producer))
            yield compared(claim, measured, same=producer.text == graph.producer)


def _classes(field: Field, output: Tensor | None) -> Iterator[Checked]:
    items = list(field.items())
    if not items:
        return
    claim = Claim(field, msg("record.claim.classes", count=len(items)))
    width = output.shape[-1] if output is not None and output.shape else None
    if not isinstance(width, int):
        yield beyond(claim, msg("record.why.no-width"))
        return
    yield compared(claim, msg("record.measured.width", count=width), same=width == len(items))


def _score_output(graph: Graph) -> Tensor | None:
    """Return the output that holds one score a class: the first with a fixed last axis of at least two axes."""
    for tensor in graph.outputs:
        if tensor.shape is not None and len(tensor.shape) >= _SCORES and isinstance(tensor.shape[-1], int):
            return tensor
    return None


def _listed(names: Mapping[str, Tensor]) -> tuple[str, ...]:
    return tuple(shorten(name) for name in list(names)[:8])


def _shape(shape: tuple[int | str | None, ...]) -> str:
    return "[" + ", ".join("?" if size is None else shorten(str(size)) for size in shape[:16]) + "]"
