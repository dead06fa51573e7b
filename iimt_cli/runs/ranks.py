"""Several processes, on one or several machines, that share a folder: `torchrun … -m iimt_cli translate`.

They share only the environment (`RANK`, `WORLD_SIZE`) and the file system. The sorted list of files alone decides which rank
translates what, so ranks need not agree on anything, and one that died may be started again.
"""

import os
import time
from dataclasses import dataclass

from iimt_cli.errors import UsageError

POLL = 0.5  # seconds between two looks whether the others are done


@dataclass(frozen=True)
class Ranks:
    """This process is number `rank` of `world`."""

    rank: int = 0
    world: int = 1

    def mine(self, number: int) -> bool:
        """Whether the piece of work with this number is dealt to this process."""
        return number % self.world == self.rank


ALONE = Ranks()


def from_environment() -> Ranks:
    """The ranks that the environment names; one if it names none. Raises UsageError if the variables contradict each other."""
    try:
        ranks = Ranks(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))
    except ValueError:
        raise UsageError("RANK and WORLD_SIZE in the environment must be whole numbers") from None
    if not 0 <= ranks.rank < ranks.world:
        raise UsageError(f"RANK={ranks.rank} in the environment, but WORLD_SIZE={ranks.world}")
    return ranks


def use_own_gpu() -> None:
    """Each rank of a machine sees one GPU only. To be called before torch is imported."""
    local = os.environ.get("LOCAL_RANK", "")
    if not local.isdecimal():
        return
    seen = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    number = int(local)
    os.environ["CUDA_VISIBLE_DEVICES"] = seen[number % len(seen)] if seen else local


def wait_for_others(ranks: Ranks) -> None:
    """Under torchrun, returns when every rank has come here: it kills the others when one leaves with exit code 1.

    Without torchrun nobody does that, and this returns at once.
    """
    if ranks.world == 1 or os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return
    from torch.distributed import TCPStore

    key = f"iimt/done/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
    try:
        address = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        store = TCPStore(*address, is_master=False, wait_for_workers=False)
        store.add(key, 1)
        while store.add(key, 0) < ranks.world:
            time.sleep(POLL)
    except (KeyError, ValueError, RuntimeError):
        pass  # torchrun is gone: nobody is left who would kill the others
