"""Arrays by name in one file, laid out so that opening it reads nothing but a short head: the rest is mapped into memory."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNED = 64
HEAD = 8
"""Bytes that say how long the description of the arrays is, which follows them."""


def save(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the arrays; the same arrays give the same bytes."""
    described, offset = {}, 0
    for name, array in arrays.items():
        described[name] = [array.dtype.str, list(array.shape), offset]
        offset += -(-array.nbytes // ALIGNED) * ALIGNED
    head = json.dumps(described).encode()
    head += b" " * (-(HEAD + len(head)) % ALIGNED)
    with path.open("wb") as file:
        file.write(len(head).to_bytes(HEAD, "little") + head)
        for array in arrays.values():
            file.write(array.tobytes())
            file.write(bytes(-array.nbytes % ALIGNED))


def is_made_by(found: Mapping[str, NDArray[Any]], versions: bytes) -> bool:
    """Were a file's arrays made by these versions? What is older than the stamp has none."""
    return "made_by" in found and found["made_by"].tobytes() == versions


def open_mapped(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file, read-only and in no process's own memory."""
    whole = np.memmap(path, np.uint8, mode="r")
    length = int.from_bytes(whole[:HEAD].tobytes(), "little")
    described = json.loads(whole[HEAD : HEAD + length].tobytes())
    plain = whole.view(np.ndarray)[HEAD + length :]
    return {name: _view(plain, np.dtype(kind), shape, start) for name, (kind, shape, start) in described.items()}


def _view(plain: NDArray[Any], kind: np.dtype[Any], shape: list[int], start: int) -> NDArray[Any]:
    size = int(np.prod(shape)) * kind.itemsize
    return plain[start : start + size].view(kind).reshape(shape)
