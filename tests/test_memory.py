"""The size of batches: from free memory, halved when it runs out."""

import gc
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from iimt_cli import memory
from iimt_cli.errors import is_out_of_memory
from iimt_cli.loading import loading
from iimt_cli.memory import GIB, Batch, automatic_batch, free_memory, give_back


def test_free_memory_is_plausible() -> None:
    assert 1 << 20 < free_memory() < 1 << 50


@pytest.mark.parametrize("free", [0, GIB // 2, GIB, 2 * GIB, 64 * GIB, 900 * GIB])
def test_the_batch_fits_into_free_memory(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda device: free)
    sizes = [automatic_batch(device, beam) for device in ("cpu", "cuda") for beam in (1, 4)]
    assert all(size == 1 or size * memory.PER_STRIP <= free for size in sizes)
    assert all(1 <= size <= 128 and size & (size - 1) == 0 for size in sizes)
    if free > 32 * GIB:
        assert sizes == [32, 32, 128, 128]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("shapes cannot be multiplied"), False),
        (ValueError("memory"), False),
    ],
)
def test_what_is_out_of_memory(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) == expected


def needs_at_most(limit: int, tried: list[int]) -> object:
    def step(size: int) -> int:
        tried.append(size)
        if size > limit:
            raise MemoryError
        return size

    return step


def test_halved_until_it_fits_and_kept() -> None:
    tried: list[int] = []
    told: list[int] = []
    batch = Batch(32, told.append)
    assert batch.attempt(needs_at_most(10, tried)) == 8 and tried == [32, 16, 8]
    assert batch.attempt(needs_at_most(10, tried)) == 8 and tried == [32, 16, 8, 8]
    assert told == [8] and batch.size == 8


def test_one_that_never_fits_leaves_it_as_it_was() -> None:
    tried: list[int] = []
    batch = Batch(4)
    with pytest.raises(MemoryError):
        batch.attempt(needs_at_most(0, tried))
    assert tried == [4, 2, 1] and batch.size == 4


def test_other_errors_are_not_tried_again() -> None:
    tried: list[int] = []
    with pytest.raises(KeyError):
        Batch(4).attempt(lambda size: tried.append(size) or {}["none"])
    assert tried == [4]


def test_what_is_free_goes_back_to_the_system() -> None:
    if memory._trim() is None:
        pytest.skip("not glibc")

    def resident() -> int:
        """Pages."""
        return int(Path("/proc/self/statm").read_text().split()[1])

    before = resident()
    kept = [bytearray(b"x" * 60_000) for _ in range(2000)]  # from the heap, and the last one stays
    del kept[:-1]
    give_back()
    assert resident() - before < 5_000  # of 30,000


def test_where_nothing_can_be_given_back_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_trim", lambda: None)
    give_back()


THREADS_THAT_ALLOCATE = """
import ctypes, threading
from iimt_cli.tuning import tune
tune()
together = threading.Barrier(4)
def work():
    together.wait()
    kept = [bytearray(60_000) for _ in range(20)]
    together.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.parametrize(("limit", "heaps"), [(None, 1), ("3", 3)])
def test_threads_share_a_heap_unless_the_user_wants_more(limit: str | None, heaps: int) -> None:
    if memory._trim() is None:
        pytest.skip("not glibc")
    environment = {key: value for key, value in os.environ.items() if key != "MALLOC_ARENA_MAX"}
    environment |= {"MALLOC_ARENA_MAX": limit} if limit else {}
    command = [sys.executable, "-c", THREADS_THAT_ALLOCATE]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stderr
    assert len(re.findall(r"^Arena \d+:", told, re.MULTILINE)) == heaps


LARGE_ARRAYS = """
from pathlib import Path
from iimt_cli.tuning import tune
tune()
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20
large, small = [bytearray(4 << 20)], []
large.clear()  # from here on, glibc by itself takes arrays of 4 MB from the heap
before = resident()
for _ in range(20):
    large.append(bytearray(b"x") * (3 << 20))
    small.append(bytearray(60_000))
large.clear()
print(resident() - before)
"""


def test_large_arrays_go_back_at_once() -> None:
    if memory._trim() is None:
        pytest.skip("not glibc")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC_")}
    command = [sys.executable, "-c", LARGE_ARRAYS]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    assert int(told) < 20  # MB, of 60


def test_garbage_is_not_looked_for_in_what_was_just_loaded() -> None:
    with loading():
        loaded = [[number] for number in range(5000)]
        young = {id(one) for generation in (0, 1) for one in gc.get_objects(generation)}
        assert id(loaded[0]) in young
    young = {id(one) for generation in (0, 1) for one in gc.get_objects(generation)}
    assert gc.isenabled() and not young & set(map(id, loaded))
    assert gc.get_freeze_count() == 0 and id(loaded[0]) in set(map(id, gc.get_objects()))


def test_what_a_caller_keeps_from_the_collector_stays_so() -> None:
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with loading():
            pass
        assert gc.get_freeze_count() >= before > 0
    finally:
        gc.unfreeze()
