"""A manifest's content as bytes, and back from bytes that may be damaged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields
from dataclasses import is_dataclass
from types import UnionType
from typing import Any
from typing import get_args
from typing import get_origin
from typing import get_type_hints

from directives.compiler.model import FunctionRecord

MANIFEST_VERSION = 2
"""The version of the file's layout; a file of another version is refused."""

MAX_DEPTH = 8
FUNCTION_ID = re.compile(r"[0-9a-f]{40}")


class UnusableError(Exception):
    """Why the bytes are no manifest that this version can use."""


def encode(build_id: str, records: Iterable[FunctionRecord], fingerprints: Mapping[str, str]) -> bytes:
    """The bytes of a manifest; equal content gives equal bytes."""
    import cbor2

    functions = [asdict(record) for record in records]
    content = {
        "version": MANIFEST_VERSION,
        "build_id": build_id,
        "functions": functions,
        "fingerprints": [[function_id, fingerprints[function_id]] for function_id in sorted(fingerprints)],
    }
    return cbor2.dumps(content)


def decode(data: bytes) -> tuple[str, tuple[FunctionRecord, ...], dict[str, str]]:
    """The build ID, records and fingerprints that ``encode`` made ``data`` from.

    Raises:
        UnusableError: ``encode`` of this version would not write such bytes; says why.
    """
    content = _loads(data)
    if type(content) is not dict or type(content.get("version")) is not int:
        raise UnusableError("it is no manifest")
    if content["version"] != MANIFEST_VERSION:
        raise UnusableError(
            f"it has version {content['version']}, this program reads version {MANIFEST_VERSION}"
        )
    build_id: str = _checked(str, content.get("build_id"), "build_id")
    records: tuple[FunctionRecord, ...] = _checked(
        tuple[FunctionRecord, ...], content.get("functions"), "functions"
    )
    for record in records:
        _check_names(record)
    pairs: tuple[tuple[str, ...], ...] = _checked(
        tuple[tuple[str, ...], ...], content.get("fingerprints"), "fingerprints"
    )
    fingerprints = {pair[0]: pair[-1] for pair in pairs if pair}
    # Bytes past the end, tags and further keys decode too, but no writer of ours makes them.
    if encode(build_id, records, fingerprints) != data:
        raise UnusableError("it is damaged: its bytes are not those a manifest is written with")
    return build_id, records, fingerprints


def _loads(data: bytes) -> Any:
    import cbor2

    try:
        return cbor2.loads(data, max_depth=MAX_DEPTH, allow_indefinite=False, allow_duplicate_keys=False)
    except (cbor2.CBORError, ValueError, RecursionError) as error:
        raise UnusableError(f"it is damaged: {error}") from None


def _checked(hint: Any, value: Any, where: str) -> Any:
    """``value`` as an annotation of the records' classes describes it."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _checked_object(hint, value, where)
    if get_origin(hint) is tuple:
        if type(value) is not list:
            raise UnusableError(f"it is damaged: {where} is not a list")
        return tuple(_checked(get_args(hint)[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    allowed = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if type(value) not in allowed:
        raise UnusableError(f"it is damaged: {where} is of type {type(value).__name__}")
    return value


def _checked_object(cls: type[Any], value: Any, where: str) -> Any:
    names = [field.name for field in fields(cls)]
    if type(value) is not dict or set(value) != set(names):
        raise UnusableError(f"it is damaged: {where} does not have the fields of a {cls.__name__}")
    hints = get_type_hints(cls)
    return cls(**{name: _checked(hints[name], value[name], f"{where}.{name}") for name in names})


def _check_names(record: FunctionRecord) -> None:
    if not FUNCTION_ID.fullmatch(record.id):
        raise UnusableError(f"it is damaged: {record.id!r} is no function ID")
    if not all(part.isidentifier() for part in record.module.split(".")):
        raise UnusableError(f"it is damaged: {record.module!r} is no module name")
