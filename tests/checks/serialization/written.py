"""Writes small model files with whatever libraries this interpreter has; run by hand, once an environment.


Usage: python written.py FOLDER. Every file goes into FOLDER/<library>-<version>/; what a library cannot write is said.
The files beside this script, in `benign/`, were made so in several environments; none of them needs code to load.
"""

# ruff: noqa: T201, TID251, ICN001  # it prints, and writes with real libraries
from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.simplefilter("ignore")


def data():
    """Return samples and labels that are always the same."""
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.random((80, 4), dtype=np.float32)
    return x, (x[:, 0] + x[:, 1] > 1).astype(np.int64)


def write_gguf(folder: Path) -> None:
    import gguf
    import numpy as np

    templates = {
        "plain": None,
        "chatml": "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        "tools": "{%- set ns = namespace(index=0) %}{%- if tools %}{{- tools | map(attribute='function') | list | tojson }}"
        "{%- endif %}{%- if messages[0].role != 'user' %}{{ raise_exception('Roles must alternate') }}{%- endif %}"
        "{{ strftime_now('%d %b %Y') }} Environment: ipython {{ '}}' }}",
    }
    for name, template in templates.items():
        writer = gguf.GGUFWriter(folder / f"{name}.gguf", "llama")
        writer.add_block_count(1)
        writer.add_token_list(["<s>", "</s>", "a", "b"])
        writer.add_token_scores([0.0, -1.0, -2.0, -3.0])
        if template:
            writer.add_chat_template(template)
        writer.add_tensor("token_embd.weight", np.ones((4, 32), dtype=np.float32))
        writer.add_tensor("output.weight", np.ones((4, 32), dtype=np.float16))
        quantised = gguf.quants.quantize(np.ones((2, 64), dtype=np.float32), gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor("blk.0.ffn_up.weight", quantised, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def write_h5py(folder: Path) -> None:
    import h5py
    import numpy as np

    for version in ("earliest", "latest"):
        with h5py.File(folder / f"{version}.h5", "w", libver=version) as file:
            group = file.create_group("model_weights/dense")
            group.create_dataset("kernel:0", data=np.ones((4, 3), dtype=np.float32))
            group.create_dataset("packed", data=np.zeros((64, 64)), compression="gzip", shuffle=True, chunks=(32, 32))
            group.attrs["weight_names"] = [b"kernel:0"]
            file.attrs["keras_version"] = "3.0"
            file["alias"] = h5py.SoftLink("/model_weights/dense")
            file["text"] = "轴承"


def write_xgboost(folder: Path) -> None:
    import xgboost

    x, y = data()
    for booster in ("gbtree", "gblinear", "dart"):
        model = xgboost.train(
            {"objective": "binary:logistic", "booster": booster, "max_depth": 3}, xgboost.DMatrix(x, y), 3
        )
        for ending in ("json", "ubj", "model"):
            try:
                model.save_model(str(folder / f"{booster}.{ending}"))
            except Exception as error:  # noqa: BLE001  # a script that says what did not work
                print("  ", booster, ending, error)


def write_lightgbm(folder: Path) -> None:
    import lightgbm

    x, y = data()
    for kind in ("gbdt", "rf", "dart"):
        more = {"bagging_freq": 1, "bagging_fraction": 0.5} if kind == "rf" else {}
        parameters = {
            "objective": "binary",
            "boosting": kind,
            "num_leaves": 4,
            "verbose": -1,
            "min_data_in_leaf": 5,
            **more,
        }
        lightgbm.train(parameters, lightgbm.Dataset(x, y), 3).save_model(str(folder / f"{kind}.txt"))


def write_catboost(folder: Path) -> None:
    import catboost

    x, y = data()
    model = catboost.CatBoostClassifier(iterations=3, depth=3, verbose=False, allow_writing_files=False)
    model.fit(x, y)
    for ending, kind in (("cbm", "cbm"), ("json", "json"), ("onnx", "onnx"), ("mlmodel", "coreml"), ("pmml", "pmml")):
        model.save_model(str(folder / f"model.{ending}"), format=kind)


def write_keras(folder: Path) -> None:
    import keras

    model = keras.Sequential([
        keras.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.1), keras.layers.Dense(2, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*data(), epochs=1, verbose=0)
    model.save(folder / "dense.keras")
    model.save(folder / "dense.h5")
    model.save_weights(folder / "dense.weights.h5")
    (folder / "config.json").write_text(model.to_json())
    inputs = keras.Input((8, 1))
    hidden = keras.layers.Conv1D(2, 3, padding="same")(inputs)
    hidden = keras.layers.Bidirectional(keras.layers.LSTM(2))(hidden)
    outputs = keras.layers.Dense(1)(hidden)
    nested = keras.Sequential([keras.Input((8, 1)), keras.Model(inputs, outputs), keras.layers.Activation("tanh")])
    nested.save(folder / "nested.keras")
    nested.save(folder / "nested.h5")


def write_tensorflow(folder: Path) -> None:
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self):
            self.w = tf.Variable(tf.ones((4, 2)), name="w")

        @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32)])
        def predict(self, x):
            return tf.nn.softmax(tf.matmul(x, self.w))

    model = Model()
    tf.saved_model.save(model, str(folder / "saved"), signatures=model.predict)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved"))
    (folder / "model.tflite").write_bytes(converter.convert())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    (folder / "quantised.tflite").write_bytes(converter.convert())
    (folder / "frozen.pb").write_bytes(model.predict.get_concrete_function().graph.as_graph_def().SerializeToString())


def write_openvino(folder: Path) -> None:
    import numpy as np
    import openvino
    from openvino import opset13 as ops

    x = ops.parameter([1, 4], np.float32, name="x")
    y = ops.softmax(ops.matmul(x, ops.constant(np.ones((4, 2), dtype=np.float32)), False, False), 1)
    openvino.save_model(openvino.Model([y], [x], "m"), folder / "model.xml", compress_to_fp16=False)


def write_coremltools(folder: Path) -> None:
    import coremltools as ct
    import numpy as np
    from coremltools.converters.mil import Builder as mb  # noqa: N813  # the library's own way
    from coremltools.models import datatypes, neural_network

    builder = neural_network.NeuralNetworkBuilder(
        [("x", datatypes.Array(4))], [("y", None)], disable_rank5_shape_mapping=True
    )
    builder.add_inner_product("ip", np.ones((2, 4)), np.zeros(2), 4, 2, True, "x", "h")
    builder.add_activation("relu", "RELU", "h", "y")
    ct.utils.save_spec(builder.spec, str(folder / "network.mlmodel"))

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 4))])
    def program(x):
        return mb.softmax(x=mb.linear(x=x, weight=np.ones((64, 4), dtype=np.float32)), axis=1)

    ct.convert(program, convert_to="mlprogram").save(str(folder / "program.mlpackage"))


def write_paddle(folder: Path) -> None:
    import paddle

    layer = paddle.nn.Sequential(paddle.nn.Linear(4, 3), paddle.nn.ReLU(), paddle.nn.Linear(3, 2))
    paddle.save(layer.state_dict(), str(folder / "state.pdparams"))
    spec = [paddle.static.InputSpec([None, 4], "float32")]
    paddle.jit.save(layer, str(folder / "inference"), input_spec=spec)
    paddle.enable_static()
    with paddle.pir_utils.OldIrGuard():
        main, start = paddle.static.Program(), paddle.static.Program()
        with paddle.static.program_guard(main, start):
            x = paddle.static.data("x", [None, 4], "float32")
            y = paddle.static.nn.fc(x, 2)
            executor = paddle.static.Executor(paddle.CPUPlace())
            executor.run(start)
            paddle.static.save_inference_model(str(folder / "old"), [x], [y], executor, program=main)
    paddle.disable_static()


def write_mindspore(folder: Path) -> None:
    import mindspore
    import numpy as np

    class Net(mindspore.nn.Cell):
        def __init__(self):
            super().__init__()
            self.dense = mindspore.nn.Dense(4, 2)

        def construct(self, x):
            return self.dense(x)

    net = Net()
    mindspore.save_checkpoint(net, str(folder / "net.ckpt"))
    mindspore.export(
        net, mindspore.Tensor(np.ones((1, 4), np.float32)), file_name=str(folder / "net"), file_format="MINDIR"
    )


def write_nyoka(folder: Path) -> None:
    import pandas
    from nyoka import skl_to_pmml
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.tree import DecisionTreeClassifier

    x, y = data()
    frame = pandas.DataFrame(x, columns=list("abcd"))
    for name, model in (("logistic", LogisticRegression()), ("tree", DecisionTreeClassifier(max_depth=3))):
        pipeline = Pipeline([("model", model)]).fit(frame, y)
        skl_to_pmml(pipeline, list("abcd"), "y", str(folder / f"{name}.pmml"))


def write_sklearn(folder: Path) -> None:
    import pickle

    import joblib
    from sklearn import ensemble, linear_model, pipeline, preprocessing, svm

    x, y = data()
    models = (
        linear_model.LogisticRegression(), ensemble.RandomForestClassifier(2, max_depth=2), svm.SVC(),
        pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.SGDClassifier()),
    )  # fmt: skip
    for index, model in enumerate(models):
        model.fit(x, y)
        joblib.dump(model, folder / f"{index}.joblib", compress=index)
        (folder / f"{index}.pkl").write_bytes(pickle.dumps(model, index + 1))


def write_joblib(folder: Path) -> None:
    import io

    import joblib
    from sklearn.tree import DecisionTreeClassifier

    x, y = data()
    model = DecisionTreeClassifier(max_depth=3).fit(x, y)
    joblib.dump(model, folder / "tree.lz4.joblib", compress=("lz4", 3))
    plain = io.BytesIO()
    joblib.dump(model, plain)
    import zstandard

    (folder / "tree.joblib.zst").write_bytes(zstandard.compress(plain.getvalue()))


def write_safetensors(folder: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"b": np.arange(3), "a": np.ones((2, 2), dtype=np.float16)}, folder / "m.safetensors", {"format": "np"})


def write_onnx(folder: Path) -> None:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((4, 2), dtype=np.float32), "w")
    ends = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, k])] for n, k in (("x", 4), ("y", 2))]
    typed = helper.make_tensor("b", TensorProto.FLOAT, [2], [0.5, 1.5])
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Add", ["h", "b"], ["y"])]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", *ends, [weights, typed])), str(folder / "m.onnx"))


def write_py7zr(folder: Path) -> None:
    import py7zr

    filters = {
        "default": None, "lzma1": [{"id": py7zr.FILTER_LZMA}], "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 3}],
        "bzip2": [{"id": py7zr.FILTER_BZIP2}], "deflate": [{"id": py7zr.FILTER_DEFLATE}], "copy": [{"id": py7zr.FILTER_COPY}],
    }  # fmt: skip
    for name, chain in filters.items():
        with py7zr.SevenZipFile(folder / f"{name}.7z", "w", filters=chain) as archive:
            archive.writestr("hello\n" * 100, "b.txt")
            archive.writestr(b"\x80\x04}.", "c.pkl")


WRITERS: dict[str, Callable[[Path], None]] = {
    "gguf": write_gguf, "h5py": write_h5py, "xgboost": write_xgboost, "lightgbm": write_lightgbm,
    "catboost": write_catboost, "keras": write_keras, "tf_keras": write_keras, "tensorflow": write_tensorflow,
    "openvino": write_openvino, "coremltools": write_coremltools, "paddle": write_paddle, "mindspore": write_mindspore,
    "nyoka": write_nyoka, "sklearn": write_sklearn, "safetensors": write_safetensors, "onnx": write_onnx, "py7zr": write_py7zr,
    "joblib": write_joblib,
}  # fmt: skip


DISTRIBUTIONS = {"paddle": "paddlepaddle", "sklearn": "scikit-learn"}


def main() -> None:
    """Run every writer whose library is here."""
    wanted = sys.argv[2:] or list(WRITERS)
    for library in wanted:
        try:
            module = importlib.import_module(library)
        except ImportError:
            continue
        version = importlib.metadata.version(DISTRIBUTIONS.get(library, library)).partition("-")[0]
        folder = Path(sys.argv[1], f"{library}-{version}")
        folder.mkdir(parents=True, exist_ok=True)
        print(folder)
        try:
            if library == "tf_keras":
                sys.modules["keras"] = module
            WRITERS[library](folder)
        except Exception as error:  # noqa: BLE001  # a script that says what did not work
            print("  ", type(error).__name__, error)


if __name__ == "__main__":
    main()
