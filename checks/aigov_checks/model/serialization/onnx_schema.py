"""Which fields the messages of ONNX have, and which operators its domains define.

Source: onnx/onnx-ml.proto and the operator schemas of onnx 1.23 with their history.
"""

from __future__ import annotations

from aigov_checks.model.serialization.words import words

N, F, D, S = "number", "fixed32", "fixed64", "bytes"
"""Kinds of field: varint, 32 bits, 64 bits (each may be packed), bytes or text. Any other kind names a message."""

SCHEMA: dict[str, dict[int, str]] = {
    "Model": {1: N, 2: S, 3: S, 4: S, 5: N, 6: S, 7: "Graph", 8: "Opset", 14: "Pair", 20: "Training", 25: "Function",
              26: S},
    "Graph": {1: "Node", 2: S, 5: "Tensor", 10: S, 11: S, 12: S, 13: S, 14: S, 15: "Sparse", 16: "Pair"},
    "Node": {1: S, 2: S, 3: S, 4: S, 5: "Attribute", 6: S, 7: S, 8: S, 9: "Pair", 10: S},
    "Attribute": {1: S, 2: F, 3: N, 4: S, 5: "Tensor", 6: "Graph", 7: F, 8: N, 9: S, 10: "Tensor", 11: "Graph", 13: S,
                  14: S, 15: S, 20: N, 21: S, 22: "Sparse", 23: "Sparse"},
    "Tensor": {1: N, 2: N, 3: S, 4: F, 5: N, 6: S, 7: N, 8: S, 9: S, 10: D, 11: N, 12: S, 13: "Pair", 14: N,
               16: "Pair"},
    "Sparse": {1: "Tensor", 2: "Tensor", 3: N},
    "Function": {1: S, 4: S, 5: S, 6: S, 7: "Node", 8: S, 9: "Opset", 10: S, 11: "Attribute", 12: S, 13: S, 14: "Pair"},
    "Training": {1: "Graph", 2: "Graph", 3: "Pair", 4: "Pair"},
    "Opset": {1: S, 2: N},
    "Pair": {1: S, 2: S},
}  # fmt: skip
"""Message to field number to kind. Messages that hold only names and types are kept as bytes."""

ITEM_BITS = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
    17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2, 27: 6, 28: 6,
}  # fmt: skip
"""TensorProto.DataType to bits an element in raw data."""
STRING = 8
COMPLEX = frozenset((14, 15))
TYPED = frozenset((4, 5, 6, 7, 10, 11))
"""Fields of a tensor that hold its elements where there is no raw data."""

DOMAINS = frozenset(("", "ai.onnx", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.preview.training", "ai.onnx.training",
                     "com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental"))  # fmt: skip
"""Domains that ONNX Runtime itself implements; any other needs a library that is loaded beside the model."""
CALLS_OUT = frozenset(("PythonOp", "PythonOpGrad", "PyOp", "PyCustomOp", "ATen", "ATenOp", "ExternalOp", "TritonOp"))
"""Operators of com.microsoft that call code outside the runtime."""

OPERATORS = words(
    """Abs Acos Acosh Add Affine AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
    BatchNormalization Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast
    CastLike CausalConvWithState Ceil Celu CenterCropPad Clip Col2Im Compress Concat ConcatFromSequence Constant
    ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh Crop CumProd CumSum DFT DeformConv DepthToSpace
    DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand ExperimentalConcat
    EyeLike Flatten Floor GRU GRUUnit Gather GatherElements GatherND Gelu Gemm GivenTensorFill GlobalAveragePool
    GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow
    HardSigmoid HardSwish Hardmax Identity If ImageDecoder ImageScaler InstanceNormalization IsInf IsNaN LRN
    LSTM LayerNormalization LeakyRelu Less LessOrEqual LinearAttention Log LogSoftmax Loop LpNormalization
    LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix
    Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional
    OptionalGetElement OptionalHasElement Or PRelu Pad ParametricSoftplus Pow QLinearConv QLinearMatMul
    QuantizeLinear RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range
    Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
    ReduceSum ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round
    STFT Scale ScaledTanh Scan Scatter ScatterElements ScatterND Selu SequenceAt SequenceConstruct SequenceEmpty
    SequenceErase SequenceInsert SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size Slice
    Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze
    StringConcat StringNormalizer StringSplit Sub Sum SwiGLU Swish Tan Tanh TensorScatter TfIdfVectorizer
    ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor""",
)
"""Operators of the domain `ai.onnx`."""
MACHINE_LEARNING = words(
    """ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer LabelEncoder
    LinearClassifier LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble
    TreeEnsembleClassifier TreeEnsembleRegressor ZipMap""",
)
"""Operators of the domain `ai.onnx.ml`."""
