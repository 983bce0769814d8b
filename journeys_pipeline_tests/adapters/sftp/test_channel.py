"""The pipe between paramiko's thread and ours: the same bytes as paramiko's own, and the same patience."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paramiko.buffered_pipe import BufferedPipe, PipeTimeout

from journeys_pipeline.adapters.sftp.channel import ChunkPipe

STEPS = st.lists(st.binary(max_size=9) | st.integers(1, 20), max_size=30)


def play(pipe: BufferedPipe, steps: list[bytes | int]) -> list[object]:
    results: list[object] = []
    for step in steps:
        if isinstance(step, bytes):
            pipe.feed(step)
        elif pipe.read_ready():
            results.append(pipe.read(step))
        results.append(len(pipe))
    return [*results, pipe.empty(), len(pipe)]


@given(STEPS)
def test_reads_and_writes_in_any_order_give_what_paramikos_own_pipe_gives(steps: list[bytes | int]) -> None:
    assert play(ChunkPipe(), steps) == play(BufferedPipe(), steps)


def test_an_empty_pipe_is_waited_for_no_longer_than_asked() -> None:
    started = time.monotonic()

    with pytest.raises(PipeTimeout):
        ChunkPipe().read(1, timeout=0.05)

    assert time.monotonic() - started < 1


def test_a_waiting_reader_gets_what_another_thread_feeds() -> None:
    pipe = ChunkPipe()
    threading.Timer(0.05, pipe.feed, [b"late"]).start()

    assert pipe.read(9, timeout=5) == b"late"


def test_a_closed_pipe_gives_what_it_holds_and_then_nothing() -> None:
    pipe = ChunkPipe()
    pipe.feed(b"last")
    pipe.close()

    assert [pipe.read(9), pipe.read(9)] == [b"last", b""]
