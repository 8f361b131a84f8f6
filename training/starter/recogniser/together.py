"""Several processes that train one model: each learns from batches of its own, and all take the same steps.

On a processor, two processes of one thread each get through about half as much again as one of two threads.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, distributed

_RANK: Final = "HOMEBODY_TRAINING_RANK"
_DEADLINE: Final = timedelta(minutes=20)  # a slow look at strangers' sentences is waited for


class Together:
    """The processes of one training, of which this is one.

    Args:
        count: How many; one is alone.
        folder: Where they find each other.

    Attributes:
        count: How many.
        rank: Which this is; the first, 0, writes and decides.
    """

    def __init__(self, count: int, folder: Path) -> None:
        self.count, self.rank = count, int(os.environ.get(_RANK, "0"))
        self._others: list[subprocess.Popen[bytes]] = []
        if count == 1:
            return
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")  # nobody else listens
        meeting = folder / "meeting"
        if self.rank == 0:
            meeting.unlink(missing_ok=True)  # of a training that was broken off
            for rank in range(1, count):
                command = [sys.executable, "-m", "recogniser.train", *sys.argv[1:]]
                self._others.append(subprocess.Popen(command, env=os.environ | {_RANK: str(rank)}))
        distributed.init_process_group(
            "gloo", init_method=meeting.resolve().as_uri(), rank=self.rank, world_size=count, timeout=_DEADLINE
        )

    def mean(self, parameters: Iterable[Tensor]) -> None:
        """Give each the mean of all processes' gradients."""
        if self.count == 1:
            return
        gradients = [one.grad for one in parameters if one.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.count
        at = 0
        for gradient in gradients:
            gradient.copy_(flat[at : at + gradient.numel()].view_as(gradient))
            at += gradient.numel()

    def agreed(self, *, end: bool) -> bool:
        """Whether the first process wants to end."""
        if self.count == 1:
            return end
        wish = torch.tensor([float(end)])
        distributed.broadcast(wish, 0)
        return bool(wish)

    def close(self) -> None:
        """Part; the first waits for the others."""
        if self.count == 1:
            return
        distributed.destroy_process_group()
        for other in self._others:
            other.wait(timeout=_DEADLINE.total_seconds())
