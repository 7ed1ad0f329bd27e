"""What MicroPython 1.27 has in the browser, and what to write where it has not; tests ask it."""

from __future__ import annotations

from collections.abc import Mapping

MODULES = frozenset({
    "abc", "array", "asyncio", "base64", "binascii", "builtins", "cmath", "collections", "copy", "datetime", "errno",
    "fnmatch", "functools", "gc", "hashlib", "heapq", "hmac", "html", "inspect", "io", "itertools", "json", "locale",
    "logging", "math", "operator", "os", "pathlib", "platform", "random", "re", "stat", "string", "struct", "sys",
    "time", "types", "zlib",
})  # fmt: skip
NAMES: Mapping[str, frozenset[str]] = {
    "asyncio": frozenset({
        "CancelledError", "Event", "Lock", "Loop", "Task", "TimeoutError", "create_task", "current_task",
        "gather", "get_event_loop", "new_event_loop", "sleep", "sleep_ms", "wait_for", "wait_for_ms",
    }),
    "base64": frozenset({
        "b16decode", "b16encode", "b32decode", "b32encode", "b64decode", "b64encode", "decode", "decodebytes",
        "decodestring", "encode", "encodebytes", "encodestring", "standard_b64decode", "standard_b64encode",
        "urlsafe_b64decode", "urlsafe_b64encode",
    }),
    "binascii": frozenset({
        "a2b_base64", "a2b_hex", "b2a_base64", "b2a_hex", "crc32", "hexlify", "unhexlify",
    }),
    "cmath": frozenset({"cos", "e", "exp", "log", "log10", "phase", "pi", "polar", "rect", "sin", "sqrt"}),
    "collections": frozenset({"MutableMapping", "OrderedDict", "defaultdict", "deque", "namedtuple"}),
    "copy": frozenset({"Error", "copy", "deepcopy", "error"}),
    "datetime": frozenset({
        "MAXYEAR", "MINYEAR", "date", "datetime", "time", "timedelta", "timezone", "tzinfo",
    }),
    "fnmatch": frozenset({"filter", "fnmatch", "fnmatchcase", "translate"}),
    "functools": frozenset({"partial", "reduce", "update_wrapper", "wraps"}),
    "hashlib": frozenset({"sha256"}),
    "heapq": frozenset({"heapify", "heappop", "heappush"}),
    "hmac": frozenset({"HMAC", "new"}),
    "html": frozenset({"escape"}),
    "io": frozenset({"BytesIO", "IOBase", "SEEK_CUR", "SEEK_END", "SEEK_SET", "StringIO", "open"}),
    "itertools": frozenset({"accumulate", "chain", "count", "cycle", "islice", "repeat", "starmap", "tee"}),
    "json": frozenset({"dump", "dumps", "load", "loads"}),
    "logging": frozenset({
        "CRITICAL", "DEBUG", "ERROR", "FileHandler", "Formatter", "Handler", "INFO", "LogRecord", "Logger",
        "NOTSET", "StreamHandler", "WARNING", "addLevelName", "basicConfig", "critical", "debug", "error",
        "exception", "getLogger", "info", "log", "shutdown", "warning",
    }),
    "math": frozenset({
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "copysign", "cos", "cosh",
        "degrees", "e", "erf", "erfc", "exp", "expm1", "fabs", "factorial", "floor", "fmod", "frexp", "gamma",
        "inf", "isclose", "isfinite", "isinf", "isnan", "ldexp", "lgamma", "log", "log10", "log2", "modf",
        "nan", "pi", "pow", "radians", "sin", "sinh", "sqrt", "tan", "tanh", "tau", "trunc",
    }),
    "operator": frozenset({"attrgetter", "eq", "floordiv", "ge", "gt", "le", "lt", "mod", "ne", "truediv"}),
    "os": frozenset({
        "VfsPosix", "chdir", "getcwd", "ilistdir", "listdir", "mkdir", "mount", "path", "remove", "rename",
        "rmdir", "sep", "stat", "statvfs", "umount", "unlink",
    }),
    "random": frozenset({"choice", "getrandbits", "randint", "random", "randrange", "seed", "uniform"}),
    "re": frozenset({"compile", "match", "search", "sub"}),
    "string": frozenset({
        "ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits",
        "printable", "punctuation", "translate", "whitespace",
    }),
    "struct": frozenset({"calcsize", "pack", "pack_into", "unpack", "unpack_from"}),
    "sys": frozenset({
        "argv", "byteorder", "exit", "implementation", "maxsize", "modules", "path", "platform", "stderr",
        "stdin", "stdout", "version", "version_info",
    }),
    "time": frozenset({
        "gmtime", "localtime", "mktime", "sleep", "sleep_ms", "sleep_us", "strftime", "ticks_add",
        "ticks_cpu", "ticks_diff", "ticks_ms", "ticks_us", "time", "time_ns",
    }),
    "types": frozenset({
        "BuiltinFunctionType", "BuiltinMethodType", "CodeType", "FrameType", "FunctionType", "GeneratorType",
        "GetSetDescriptorType", "LambdaType", "MappingProxyType", "MemberDescriptorType", "MethodType",
        "ModuleType", "SimpleNamespace", "TracebackType", "new_class", "prepare_class",
    }),
    "zlib": frozenset({"compress", "decompress"}),
}  # fmt: skip
INSTEAD = {
    "contextlib": "write a class with `__enter__` and `__exit__`",
    "dataclasses": "write a class with `__init__`, or a `namedtuple`",
    "decimal": "count in the smallest unit as an int, or format numbers on the server",
    "enum": "use constants",
}
BUILTINS = {
    "anext": "call `__anext__()`",
    "ascii": "use `repr`",
    "breakpoint": "use `print`",
    "format": "use an f-string",
    "vars": "use `dir` and `getattr`",
    **dict.fromkeys(("ConnectionError", "PermissionError", "TimeoutError"), "use `OSError`"),
    "RecursionError": "use `RuntimeError`",
    "ExceptionGroup": "raise one error",
}
METHODS = {
    "capitalize": "slice the text and use `upper`",
    "casefold": "use `lower`",
    "expandtabs": "use `replace`",
    "format_map": "use `format(**values)`",
    "isalnum": "use `isalpha` and `isdigit`",
    "isdecimal": "use `isdigit`",
    "isidentifier": "look at its characters",
    "isnumeric": "use `isdigit`",
    "ljust": "use an f-string, `{text:<8}`",
    "removeprefix": "use `startswith` and a slice",
    "removesuffix": "use `endswith` and a slice",
    "rjust": "use an f-string, `{text:>8}`",
    "swapcase": "use `lower` and `upper`",
    "title": "split the text and use `upper`",
    "translate": "use `replace`",
    "zfill": "use an f-string, `{number:03d}`",
}
OTHER_METHODS = {
    "as_integer_ratio": ("numbers", "count in fractions of your own"),
    "bit_length": ("numbers", "use `len(bin(number)) - 2`"),
    "hexdigest": ("hashes", "use `digest().hex()`"),
    "strftime": ("dates", "use an f-string of its parts, `{day.day:02d}`"),
    "is_integer": ("numbers", "compare it with `int(number)`"),
    "_asdict": ("named tuples", "write the dict"),
    "_replace": ("named tuples", "make a new one"),
}
SPECIAL_METHODS = frozenset({"__class_getitem__", "__format__", "__init_subclass__", "__missing__"})
KEYWORDS = {
    ("int", "base"): "give it by position",
    ("namedtuple", "defaults"): "write a function that makes one",
    ("deque", "maxlen"): "give it by position",
    ("dumps", "indent"): "write it without",
    ("dumps", "sort_keys"): "write it without",
    ("round", "ndigits"): "give it by position",
    ("sum", "start"): "give it by position",
    ("zip", "strict"): "compare the lengths",
}
# Methods of texts, which take no keywords.
POSITIONAL = frozenset({"decode", "encode", "rsplit", "split", "splitlines"})
GENERIC = frozenset({"dict", "frozenset", "list", "set", "tuple", "type"})
UNORDERED = frozenset({"items", "keys", "values"})
