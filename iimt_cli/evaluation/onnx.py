"""How many parameters an ONNX file has, for comparing systems by their size.

The package `onnx` would be a dependency for this one number, so protobuf's wire format is read here. The field numbers are
those of onnx.proto: ModelProto.graph = 7, GraphProto.node = 1 and .initializer = 5, NodeProto.attribute = 5,
AttributeProto.t = 5, TensorProto.dims = 1 and .data_type = 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from iimt_cli.errors import IimtError

FLOATING = (1, 10, 11, 16)  # float, float16, double, bfloat16; tensors of integers are shapes and axes


def onnx_parameters(path: Path) -> int:
    """Number of weights in an ONNX file: the elements of its floating-point initialisers and constants.

    Raises IimtError if it is not an ONNX file.
    """
    try:
        data = memoryview(path.read_bytes())
        total = 0
        for graph in _messages(data, 7):
            tensors = list(_messages(graph, 5))
            for node in _messages(graph, 1):
                tensors += [tensor for attribute in _messages(node, 5) for tensor in _messages(attribute, 5)]
            total += sum(map(_elements, tensors))
        return total
    except (OSError, IndexError, ValueError) as error:
        raise IimtError(f"{path}: not a readable ONNX model ({error})") from error


def _elements(tensor: memoryview) -> int:
    dims, floating = 1, False
    for number, value in _fields(tensor):
        if number == 1:
            for dim in _varints(value) if isinstance(value, memoryview) else [value]:
                dims *= dim
        elif number == 2:
            floating = value in FLOATING
    return dims if floating else 0


def _messages(data: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for number, value in _fields(data) if number == wanted and isinstance(value, memoryview))


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, integer or bytes) of one protobuf message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
        elif kind == 2:
            size, at = _varint(data, at)
            yield number, data[at : at + size]
            at += size
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")


def _varints(data: memoryview) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
