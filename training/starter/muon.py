"""Muon: momentum, made orthogonal, for the matrices of a network's inside (Jordan and others, 2024).

It learns rare facts from about half as many examples as AdamW does, which is what counts here: a processor has to do.
In float32, since processors are slow at the bfloat16 that torch's own Muon works in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import torch
from torch import Tensor

MOMENTUM: Final = 0.95
ROUNDS: Final = 5
COEFFICIENTS: Final = (3.4445, -4.7750, 2.0315)  # of the Newton-Schulz iteration, Jordan's


def orthogonal(matrix: Tensor) -> Tensor:
    """About the nearest matrix with orthonormal rows or columns.

    Every round multiplies by a polynomial of the square of what there is, so the rounds are made on the small square
    alone, and their product meets the matrix once, at the end.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    square = x @ x.T
    product = factor = _polynomial(square)
    for _ in range(ROUNDS - 1):
        square = factor @ square @ factor
        factor = _polynomial(square)
        product = factor @ product
    x = product @ x
    return x.T if tall else x


def _polynomial(square: Tensor) -> Tensor:
    a, b, c = COEFFICIENTS
    return a * torch.eye(len(square)) + b * square + c * square @ square


class Muon(torch.optim.Optimizer):
    """The optimizer.

    Args:
        matrices: Weights of two dimensions.
        lr: How far a step goes: this is the spectral norm of a square matrix's step.
        weight_decay: As in AdamW.
    """

    def __init__(self, matrices: Iterable[Tensor], *, lr: float, weight_decay: float) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # noqa: ARG002  torch's signature
        """One step."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(matrix)
                momentum = state["momentum"].lerp_(matrix.grad, 1 - MOMENTUM)
                update = orthogonal(matrix.grad.lerp(momentum, MOMENTUM))
                rows, columns = matrix.shape
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)
