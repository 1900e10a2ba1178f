"""Names by themselves: what model files of the known libraries hold, and what can do harm.

Sources: the reduce functions of CPython, numpy 1.x and 2.x, scipy and joblib; torch's own list for `weights_only`
(torch 2.13, `torch._weights_only_unpickler`); `sys.stdlib_module_names` of CPython 3.8 to 3.14 with the names of
Python 2. The dangers gather what the public advisories against pickle scanners name (CWE-184 in their records).
"""

from __future__ import annotations

from aigov_checks.model.serialization.words import words


def _each(prefix: str, names: str) -> frozenset[str]:
    return frozenset(f"{prefix}.{name}" for name in names.split())


_TORCH_TYPES = """
    bfloat16 bits16 bits1x8 bits2x4 bits4x2 bits8 bool complex128 complex32 complex64 float16 float32
    float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu int1 int16
    int2 int3 int32 int4 int5 int6 int64 int7 int8 per_channel_affine per_channel_affine_float_qparams
    per_channel_symmetric per_tensor_affine per_tensor_symmetric qint32 qint8 quint2x4 quint4x2 quint8 uint1 uint16
    uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8
"""
_TORCH_STORAGES = """
    BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage DoubleStorage
    FloatStorage HalfStorage IntStorage LongStorage QInt32Storage QInt8Storage QUInt2x4Storage QUInt4x2Storage
    QUInt8Storage ShortStorage
"""
_TORCH_TENSORS = """
    BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor
    ShortTensor
"""
_UFUNCS = """
    abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh
    bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
    bitwise_xor cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs
    float_power floor floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite
    isinf isnan isnat lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
    logical_not logical_or logical_xor matmul matvec maximum minimum mod modf multiply negative nextafter not_equal
    positive pow power rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt
    square subtract tan tanh true_divide trunc vecdot vecmat
"""
_NUMPY_TYPES = """
    bool bool_ bytes_ str_ void object_ generic number integer floating inexact signedinteger unsignedinteger
    complexfloating character flexible float16 float32 float64 float96 float128 longdouble half single double
    int8 int16 int32 int64 intc intp int_ longlong byte short uint8 uint16 uint32 uint64 uintc uintp uint ulonglong
    ubyte ushort complex64 complex128 complex256 csingle cdouble clongdouble datetime64 timedelta64 ndarray dtype
    matrix recarray record
"""
_NUMPY_DTYPES = """
    BoolDType ByteDType BytesDType CLongDoubleDType Complex128DType Complex64DType DateTime64DType Float16DType
    Float32DType Float64DType Int16DType Int32DType Int64DType Int8DType IntDType LongDType LongDoubleDType
    LongLongDType ObjectDType ShortDType StrDType StringDType TimeDelta64DType UByteDType UInt16DType UInt32DType
    UInt64DType UInt8DType UIntDType ULongDType ULongLongDType UShortDType VoidDType
"""
_MULTIARRAY = "_reconstruct scalar"

EXACT = (
    _each("builtins", "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple")
    | _each("builtins", "Ellipsis NotImplemented")
    | _each("collections", "Counter OrderedDict defaultdict deque")
    | _each("datetime", "date datetime time timedelta timezone")
    | _each("copyreg", "_reconstructor")
    | _each("_codecs", "encode")
    | _each("array", "_array_reconstructor array")
    | frozenset(("decimal.Decimal", "fractions.Fraction", "uuid.UUID", "types.SimpleNamespace", "argparse.Namespace"))
    | _each("pathlib", "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath")
    | _each("pathlib._local", "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath")
    | _each("numpy", _NUMPY_TYPES)
    | _each("numpy", _UFUNCS)
    | _each("numpy._core._multiarray_umath", _UFUNCS)
    | _each("numpy.core._multiarray_umath", _UFUNCS)
    | _each("numpy.dtypes", _NUMPY_DTYPES)
    | _each("numpy.core.multiarray", _MULTIARRAY)
    | _each("numpy._core.multiarray", _MULTIARRAY)
    | _each("numpy.core.numeric", "_frombuffer")
    | _each("numpy._core.numeric", "_frombuffer")
    | _each("numpy.ma", "MaskedArray")
    | _each("numpy.ma.core", "MaskedArray _mareconstruct MaskedConstant")
    | _each("numpy.random._pickle", "__bit_generator_ctor __generator_ctor __randomstate_ctor")
    | _each("numpy.random.mtrand", "RandomState")
    | _each("numpy.random._generator", "Generator")
    | _each("numpy.random._mt19937", "MT19937")
    | _each("numpy.random._pcg64", "PCG64 PCG64DXSM")
    | _each("numpy.random._philox", "Philox")
    | _each("numpy.random._sfc64", "SFC64")
    | _each("numpy.random.bit_generator", "SeedSequence __pyx_unpickle_SeedSequence")
    | _each("joblib.numpy_pickle", "NumpyArrayWrapper")
    | _each("torch", _TORCH_TYPES)
    | _each("torch", _TORCH_STORAGES)
    | _each("torch.cuda", _TORCH_STORAGES)
    | _each("torch", _TORCH_TENSORS)
    | _each("torch.cuda", _TORCH_TENSORS)
    | _each("torch", "Size Tensor device")
    | _each("torch.nn.parameter", "Buffer Parameter UninitializedBuffer UninitializedParameter")
    | _each("torch.storage", "TypedStorage UntypedStorage _load_from_bytes")
    | _each("torch.serialization", "_get_layout")
    | _each(
        "torch.jit._pickle",
        "build_boollist build_doublelist build_intlist build_tensorlist restore_type_tag",
    )
    | _each("torch._tensor", "_rebuild_from_type_v2")
    | _each(
        "torch._utils",
        """_rebuild_device_tensor_from_cpu_tensor _rebuild_device_tensor_from_numpy
        _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_parameter _rebuild_parameter_with_state
        _rebuild_qtensor _rebuild_sparse_tensor _rebuild_sparse_csr_tensor _rebuild_tensor _rebuild_tensor_v2
        _rebuild_tensor_v3 _rebuild_wrapper_subclass""",
    )
    | _each("pandas._libs.internals", "_unpickle_block")
    | _each("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked")
    | _each("pandas._libs.tslibs.timestamps", "_unpickle_timestamp")
    | _each("pandas._libs.tslibs.offsets", "Day Hour Minute Second Milli Micro Nano")
    | _each("pandas.core.indexes.base", "Index _new_Index")
    | _each("pandas.core.internals.managers", "BlockManager SingleBlockManager")
)
"""Names that are harmless whatever they are called with. `torch.storage._load_from_bytes` is a torch file inside: its
bytes are scanned, and anything else that it is called with is unsafe."""

DANGEROUS = (
    (
        "command",
        words(
            """os posix nt subprocess _posixsubprocess pty commands popen2 pip runpy asyncio.subprocess
            multiprocessing distutils setuptools pkg_resources ensurepip venv webbrowser antigravity
            numpy.distutils numpy.f2py torch.utils.cpp_extension torch.distributed paddle.utils.cpp_extension
            fabric invoke paramiko sh plumbum pexpect ptyprocess psutil""",
        ),
    ),
    (
        "code",
        words(
            """builtins.eval builtins.exec builtins.compile builtins.__import__ builtins.getattr builtins.setattr
            builtins.delattr builtins.globals builtins.locals builtins.vars builtins.breakpoint builtins.type
            builtins.apply builtins.execfile builtins.map builtins.filter builtins.reduce builtins.input
            builtins.help builtins.super builtins.classmethod builtins.property
            sys importlib code codeop bdb pdb timeit cProfile profile trace doctest idlelib lib2to3 test
            _pyrepl types functools operator _operator _functools ctypes _ctypes cffi gc inspect ast dis atexit
            pkgutil zipimport imp site sysconfig pydoc unittest threading _thread concurrent sched signal
            torch.hub torch.jit torch.fx torch._dynamo torch._inductor torch._C torch.package torch.ops
            torch.utils.bottleneck torch.utils.collect_env torch.utils.data.datapipes torch._jit_internal
            torch.testing numpy.testing numpy.core._internal pandas.eval pandas.core.computation
            sympy tensorflow.py_function tensorflow.raw_ops keras.layers.Lambda keras.src.layers.core.lambda_layer
            tensorflow.python jax.core IPython ipykernel jinja2 mako celery numba llvmlite cython Cython pyximport
            lib2to3.pgen2 scipy._lib._ccallback networkx.utils nltk joblib.externals
            pydantic.deprecated sklearn.utils._testing cloudpickle _pyrepl.pager xmlrpc""",
        ),
    ),
    (
        "load",
        words(
            """pickle _pickle cPickle dill marshal shelve jsonpickle yaml ruamel torch.load torch.serialization.load
            torch.jit.load joblib.load joblib.numpy_pickle.load joblib.memory joblib.numpy_pickle_utils
            numpy.load numpy.lib.npyio pandas.read_pickle pandas.io.pickle pandas.compat.pickle_compat
            sklearn.externals tensorflow.keras.models.load_model keras.models.load_model
            numpy._core._ufunc_reconstruct numpy.core._ufunc_reconstruct numpy.core._DType_reconstruct
            numpy.ma.core.MaskedArray.loads transformers.pipeline transformers.AutoModel
            huggingface_hub mlflow bentoml skops.io.load""",
        ),
    ),
    (
        "network",
        words(
            """socket _socket ssl _ssl http urllib urllib2 httplib ftplib smtplib poplib imaplib nntplib telnetlib
            xmlrpc.client socketserver wsgiref asyncio aiohttp httpx requests urllib3 websocket websockets
            torch.utils.model_zoo torch.utils.tensorboard tensorboard wandb boto3 botocore uvicorn flask
            tornado twisted""",
        ),
    ),
    (
        "file",
        words(
            """shutil tempfile glob fileinput linecache io _io _pyio codecs builtins.open zipfile tarfile gzip bz2
            lzma mmap sqlite3 dbm numpy.save numpy.savetxt numpy.savez numpy.loadtxt numpy.fromfile numpy.memmap
            numpy.genfromtxt numpy.tofile numpy.DataSource numpy.fromregex torch.save torch.from_file pandas.read_csv
            pandas.io logging filecmp py_compile compileall mailbox distutils.file_util""",
        ),
    ),
)
"""What is known to do harm, by what it does; an entry covers a whole module or package, or one name."""

KNOWN_PACKAGES = frozenset(
    entry.partition(".")[0] for known in (EXACT, *(names for _, names in DANGEROUS)) for entry in known
) | words("scipy sklearn xgboost lightgbm catboost pandas keras tensorflow transformers")
"""Packages of which any attribute can be reached, however deep."""

NOT_BY_RULE = words(
    """ABC ABCMeta Any BytesIO CalledProcessError Callable Client Connection DMatrix DataIter Dataset Enum
    ExtMemQuantileDMatrix FileIO Generator GzipFile HTTPError Iterable Listener Memory MethodType FunctionType CodeType
    NamedTemporaryFile NamedTuple OpenmlFeaturesType Parallel Path PathLike Popen Protocol ProxyDMatrix QuantileDMatrix
    Queue RabitTracker Request StringIO TempMemmap TemporaryDirectory Thread ThreadPool ThreadPoolExecutor
    ProcessPoolExecutor ThreadpoolController TimeoutExpired URLError ZipFile CDLL LibraryLoader TemporaryFile
    FeaturesData Pool HDFStore ExcelFile ExcelWriter PythonExprVisitor PandasExprVisitor BaseExprVisitor Expr Term
    StataReader XportReader SAS7BDATReader Partial Logger FileHandler""",
)
"""Classes that modules of the known packages only import, or whose instances open files, sockets or processes."""

STANDARD_LIBRARY = words(
    """
    BaseHTTPServer CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser Queue SimpleHTTPServer
    SimpleXMLRPCServer SocketServer StringIO UserDict UserList UserString __builtin__ __future__ _abc
    _aix_support _android_support _apple_support _ast _asyncio _bisect _blake2 _bootsubprocess _bz2 _codecs
    _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc _colorize
    _compat_pickle _compression _contextvars _crypt _csv _ctypes _curses _curses_panel _datetime _dbm _decimal
    _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _imp _interpchannels
    _interpreters _io _ios_support _json _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec
    _multiprocessing _opcode _opcode_metadata _operator _osx_support _overlapped _pickle _posixshmem
    _posixsubprocess _py_abc _pydatetime _pydecimal _pyio _pylong _pyrepl _queue _random _remote_debugging _scproxy
    _sha1 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime
    _struct _suggestions _symtable _sysconfig _testbuffer _testcapi _testimportmultiple _testinternalcapi
    _testmultiphase _thread _threading_local _tkinter _tokenize _tracemalloc _typing _uuid _warnings _weakref
    _weakrefset _winapi _xxinterpchannels _xxsubinterpreters _zoneinfo _zstd abc aifc annotationlib antigravity
    anydbm argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2
    cPickle cProfile cStringIO calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys commands
    compileall compression concurrent configparser contextlib contextvars cookielib copy copy_reg copyreg crypt csv
    ctypes curses dataclasses datetime dbhash dbm decimal difflib dis distutils doctest dumbdbm dummy_thread email
    encodings ensurepip enum errno exceptions faulthandler fcntl filecmp fileinput fnmatch fractions ftplib
    functools gc gdbm genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html
    htmlentitydefs http httplib idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword
    lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt
    multiprocessing netrc new nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev
    pathlib pdb pickle pickletools pip pipes pkgutil platform plistlib popen2 poplib posix posixpath pprint profile
    pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource
    rlcompleter robotparser runpy sched secrets select selectors sets shelve shlex shutil signal site smtpd smtplib
    sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string
    stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios
    test textwrap this thread threading time timeit tkMessageBox tkinter token tokenize tomllib trace traceback
    tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib urllib2 urlparse uu uuid venv
    warnings wave weakref webbrowser whichdb winreg winsound wsgiref xdrlib xml xmlrpc xmlrpclib zipapp zipfile
    zipimport zlib zoneinfo
""",
)
"""Top-level modules of Python, old and new; what a model needs of them is in `EXACT`, all else is dangerous."""
