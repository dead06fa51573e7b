"""Signals: at once, except while something is held."""

import signal

import pytest

from iimt_cli.interrupt import Interrupts


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_at_once_and_held(number: int, code: int) -> None:
    before = signal.getsignal(number)
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert interrupts.exit_code == code
        steps = []
        with pytest.raises(KeyboardInterrupt), interrupts.held():
            signal.raise_signal(number)
            steps.append("finished")
        assert steps == ["finished"]
        with interrupts.held():
            pass
    assert signal.getsignal(number) == before


def test_a_failure_while_held_is_not_hidden() -> None:
    with Interrupts() as interrupts, pytest.raises(ValueError, match="mine"), interrupts.held():
        raise ValueError("mine")
