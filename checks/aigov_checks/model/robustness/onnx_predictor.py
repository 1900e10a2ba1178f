"""ONNX models through onnxruntime, on one thread."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aigov import UnsupportedInputError, msg, need
from aigov_checks.model.robustness.onnx_file import checked_model, class_labels, ends_with
from aigov_checks.model.robustness.onnx_trees import read_trees
from aigov_checks.model.robustness.predictor import Answer, Array, Opened, Wanted, one_column, one_hot, two_columns

if TYPE_CHECKING:
    from aigov import Message
    from aigov.model import File
    from aigov_checks.model.robustness.predictor import Twin

_FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}
_INTEGERS = ("tensor(int64)", "tensor(int32)")
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Head:
    """Which output is read, and how it becomes scores."""

    output: str
    kind: str
    """`numbers`: (n, k), or one value a sample that means class 1 above `threshold`; `maps`; `labels`; `values`: (n, 1)
    that are predicted."""
    labels: tuple[object, ...] = ()
    threshold: float = 0.0


@dataclass(slots=True, eq=False)
class OnnxPredictor:
    """One session of onnxruntime; a fixed batch is filled up with copies of the last sample."""

    session: Any  # onnxruntime.InferenceSession
    head: Head
    classes: int
    """Number of classes, needed where the model answers labels only."""
    batch: int | None
    name: str
    dtype: npt.DTypeLike
    labels: tuple[object, ...] = field(default=())

    @property
    def answer(self) -> Answer:
        """What the output that is read holds."""
        kinds = {"labels": Answer.LABELS, "values": Answer.VALUES}
        return kinds.get(self.head.kind, Answer.SCORES)

    def scores(self, x: Array) -> Array:
        """Return one score a class.

        Raises:
            UnsupportedInputError: the model refuses the samples, or its outputs are not one row a sample.
        """
        size = self.batch or max(1, len(x))
        rows = []
        for start in range(0, len(x), size):
            part = x[start : start + size]
            fill = size - len(part) if self.batch else 0
            padded = np.concatenate([part, np.repeat(part[-1:], fill, axis=0)]) if fill else part
            rows.append(self._run(padded)[: len(part)])
        return np.concatenate(rows) if rows else np.zeros((0, self.classes))

    def _run(self, x: Array) -> Array:
        errors = need("onnxruntime.capi.onnxruntime_pybind11_state", "robustness")
        feed = {self.session.get_inputs()[0].name: np.ascontiguousarray(x, dtype=self.dtype)}
        try:
            raw = self.session.run([self.head.output], feed)[0]
        except (errors.InvalidArgument, errors.Fail, errors.RuntimeException, errors.NotImplemented) as error:
            shape = "x".join(map(str, x.shape))
            raise UnsupportedInputError(
                msg("robustness.model-refuses", shape=shape, error=type(error).__name__)
            ) from error
        if len(raw) != len(x):
            raise UnsupportedInputError(msg("robustness.output-rows", rows=len(raw), samples=len(x)))
        return self._scores(raw)

    def _scores(self, raw: Any) -> Array:  # an array or a list of mappings, as the session returns it
        match self.head.kind:
            case "maps":
                return np.array([[row[label] for label in self.head.labels] for row in raw], dtype=np.float64)
            case "labels":
                return one_hot(_indices(np.asarray(raw).reshape(len(raw)), self.labels), self.classes)
            case "values":
                return one_column(np.asarray(raw))
            case _:
                return self._columns(np.asarray(raw))

    def _columns(self, raw: Array) -> Array:
        if raw.size == len(raw):
            return two_columns(raw, self.head.threshold)
        if raw.ndim > _PAIR and raw.size != len(raw) * raw.shape[1]:
            shape = "x".join(map(str, raw.shape[1:]))
            raise UnsupportedInputError(msg("robustness.output-shape", output=self.head.output, shape=shape))
        return raw.reshape(len(raw), -1)


def open_onnx(file: File, classes: int, wanted: Wanted = Wanted.CLASSES, threshold: float = 0.0) -> Opened:
    """Return the model of an ONNX file; `classes` is the declared number of classes, 0 if none is declared.

    `threshold` is the score above which a predicted value means an anomaly, where values are wanted for that.

    Raises:
        UnsupportedInputError: broken, several inputs, integer inputs, or no output that classifies or predicts a value.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    graph = checked_model(file)
    ort = need("onnxruntime", "robustness")
    session = _session(ort, file)
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = tuple(item.name for item in inputs)
        raise UnsupportedInputError(msg("robustness.several-inputs", file=file.name, inputs=names))
    if inputs[0].type not in _FLOATS:
        raise UnsupportedInputError(msg("robustness.input-type", file=file.name, type=inputs[0].type))
    shape = tuple(axis if isinstance(axis, int) and axis > 0 else None for axis in inputs[0].shape)
    head, notes = _head(session, graph, file) if wanted is Wanted.CLASSES else _value_head(session, file, threshold)
    predictor = OnnxPredictor(
        session,
        head,
        max(classes, len(head.labels)),
        shape[0] if shape else None,
        f"onnxruntime {ort.__version__}",
        _FLOATS[inputs[0].type],
        head.labels,
    )

    def differentiable(clean: Array) -> tuple[Twin | None, Message | None]:
        from aigov_checks.model.robustness.twin import twin_of  # needs torch, an extra

        return twin_of(file, predictor, clean)

    opened = Opened(predictor, shape[1:] if shape else None, differentiable=differentiable, notes=notes)
    opened.facts = {"onnxruntime": str(ort.__version__), "output": head.output}
    features = shape[1] if len(shape) == _PAIR else None
    trees = read_trees(graph, predictor, features) if inputs[0].type == "tensor(float)" else None
    if trees is not None:
        opened.ensemble, opened.link = trees.ensemble, trees.link
    return opened


def _session(ort: Any, file: File) -> Any:  # onnxruntime is untyped
    errors = need("onnxruntime.capi.onnxruntime_pybind11_state", "robustness")
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(str(file.path), options, providers=["CPUExecutionProvider"])
    except (
        errors.Fail,
        errors.InvalidArgument,
        errors.InvalidGraph,
        errors.InvalidProtobuf,
        errors.NoSuchFile,
        errors.NotImplemented,
        errors.RuntimeException,
    ) as error:
        word = type(error).__name__
        raise UnsupportedInputError(msg("robustness.onnx-broken", file=file.name, error=word)) from error


def _head(session: Any, graph: Any, file: File) -> tuple[Head, list[Message]]:  # session and graph are untyped
    """Choose the output: scores of several classes, then one value, then mappings, then labels."""
    outputs = session.get_outputs()
    labels = class_labels(graph)
    scored = [item for item in outputs if item.type in _FLOATS]
    wide = [item for item in scored if len(item.shape) >= _PAIR and math.prod(_sizes(item.shape[1:])) != 1]
    notes = [msg("robustness.note.several-outputs", output=wide[0].name)] if len(wide) > 1 else []
    chosen = (wide or scored)[:1]
    if chosen:
        threshold = 0.5 if ends_with(graph, chosen[0].name, "Sigmoid") else 0.0
        return Head(chosen[0].name, "numbers", labels, threshold), notes
    maps = [item for item in outputs if item.type.startswith("seq(map(")]
    if maps and labels:
        return Head(maps[0].name, "maps", labels), notes
    classes = [item for item in outputs if item.type in (*_INTEGERS, "tensor(string)")]
    if classes:
        return Head(classes[0].name, "labels", labels), notes
    types = tuple(item.type for item in outputs)
    raise UnsupportedInputError(msg("robustness.no-output", file=file.name, types=types))


def _value_head(session: Any, file: File, threshold: float) -> tuple[Head, list[Message]]:  # a session is untyped
    """Choose the output with one number a sample, or else the first with numbers."""
    scored = [item for item in session.get_outputs() if item.type in _FLOATS]
    single = [item for item in scored if math.prod(_sizes(item.shape[1:])) == 1]
    chosen = (single or scored)[:1]
    if not chosen:
        types = tuple(item.type for item in session.get_outputs())
        raise UnsupportedInputError(msg("robustness.no-value", file=file.name, types=types))
    notes = [msg("robustness.note.several-outputs", output=chosen[0].name)] if len(single) > 1 else []
    return Head(chosen[0].name, "values", threshold=threshold), notes


def _sizes(shape: list[Any]) -> list[int]:  # an axis is a number, a name or None
    return [axis if isinstance(axis, int) and axis > 0 else 0 for axis in shape]


def _indices(values: Array, labels: tuple[object, ...]) -> Array:
    if not labels:
        return values.astype(np.int64)
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place.get(value, -1) for value in values.tolist()], dtype=np.int64)
