"""Dataclasses from TOML: every key is checked, and every error names the file, the key and what is allowed there."""

import sys
import typing
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from iimt_cli.errors import IimtError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def parse(text: str, origin: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises IimtError with `origin`, the name of the file, if it is not valid."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IimtError(f"{origin}: not valid TOML ({error})") from error
    return table


def build(cls: type[T], table: dict[str, Any], origin: str, prefix: str = "") -> T:
    """A dataclass from a table. Its fields may be dataclasses (a table each), numbers, texts, tuples and Literals.

    `prefix` is the key of the table itself, with a dot behind it. Raises IimtError that names `origin`, the key and what is
    allowed there. If the class itself raises ValueError, that becomes an IimtError, too.
    """
    hints = typing.get_type_hints(cls)
    known = {f.name for f in fields(cls)}
    for key in table:
        if key not in known:
            raise IimtError(f"{origin}: unknown key '{prefix}{key}' (allowed: {', '.join(sorted(known))})")
    values = {key: _convert(hints[key], value, origin, f"{prefix}{key}") for key, value in table.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise IimtError(f"{origin}: {error}") from error


def _convert(hint: Any, value: Any, origin: str, key: str) -> Any:
    if isinstance(hint, type) and is_dataclass(hint):
        if not isinstance(value, dict):
            raise IimtError(f"{origin}: '{key}' must be a table")
        return build(hint, value, origin, f"{key}.")
    kind = typing.get_origin(hint)
    if kind is Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            raise IimtError(f"{origin}: '{key}' is {value!r} (allowed: {', '.join(map(str, allowed))})")
        return value
    if kind is tuple:
        inner = typing.get_args(hint)[0]
        if not isinstance(value, list):
            raise IimtError(f"{origin}: '{key}' must be a list of {_name(inner)}")
        return tuple(_convert(inner, item, origin, key) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise IimtError(f"{origin}: '{key}' is {value!r}, but must be of type {_name(hint)}")
    if hint in (int, float) and value < 0:
        raise IimtError(f"{origin}: '{key}' is {value}, but must not be negative")
    return value


def _name(hint: Any) -> str:
    names = {int: "whole number", float: "number", str: "text", bool: "true or false"}
    return names.get(hint, str(hint))
