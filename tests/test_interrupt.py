"""Signals: at once where they are allowed, later elsewhere."""

import signal

import pytest

from iimt_cli.runs.interrupt import Interrupts


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_at_once_where_allowed(number: int, code: int) -> None:
    before = signal.getsignal(number)
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt), interrupts.allowed():
            signal.raise_signal(number)
            pytest.fail("went on")
        assert interrupts.exit_code == code
        assert signal.getsignal(number) == signal.SIG_DFL  # a second one ends the process
    assert signal.getsignal(number) == before


def test_later_elsewhere() -> None:
    steps = []
    with Interrupts() as interrupts:
        with interrupts.allowed():
            steps.append("allowed")
        signal.raise_signal(signal.SIGTERM)
        steps.append("finished")
        with pytest.raises(KeyboardInterrupt), interrupts.allowed():
            pytest.fail("went on")
        with interrupts.allowed():
            steps.append("told once")
    assert steps == ["allowed", "finished", "told once"] and interrupts.exit_code == 143


def test_a_failure_is_not_hidden() -> None:
    with Interrupts() as interrupts, pytest.raises(ValueError, match="mine"), interrupts.allowed():
        raise ValueError("mine")
