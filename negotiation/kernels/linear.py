"""Dense linear systems, with the sign of the determinant that comes with their factors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def solve_signed(matrix: Floats, right: Floats) -> tuple[Floats | None, bool]:
    """Solve a square system by LU; also whether the determinant is positive.

    Args:
        matrix: (N, N), in C order to avoid a copy; overwritten.
        right: (N, k), in Fortran order; overwritten.

    Returns:
        the solution, or None when the matrix is singular.
    """
    from scipy.linalg.lapack import dgetrf, dgetrs

    lu, pivots, info = dgetrf(matrix.T, overwrite_a=True)
    if info != 0:
        return None, False
    solved, _ = dgetrs(lu, pivots, right, trans=1, overwrite_b=True)
    swaps = int(np.count_nonzero(pivots != np.arange(len(pivots))))
    negative = int(np.count_nonzero(np.diagonal(lu) < 0))
    return solved, (swaps + negative) % 2 == 0


def expected(prob: Floats, after: Floats) -> Floats:
    """(P, n, A) means of values ``after`` (P, K, n) under chances ``prob`` (P, A, K), or (1, A, K)
    for all, which is one product of matrices."""
    if len(prob) > 1 or len(after) == 1:
        return np.swapaxes(prob @ after, 1, 2)
    size, others, n = after.shape
    flat = np.ascontiguousarray(np.swapaxes(after, 1, 2)).reshape(size * n, others)
    mean: Floats = (flat @ prob[0].T).reshape(size, n, -1)
    return mean
