"""Products, einsum and linear algebra."""
import numpy as np
import scipy.linalg
from cases import Cases, f32, i32, rng

r = rng(11)
cases = Cases("np-linalg", f"numpy {np.__version__}, scipy {scipy.__version__}")


def normal(*shape):
    return f32(r.standard_normal(shape))


def definite(n, lead=()):
    x = r.standard_normal((*lead, n, n))
    return f32(x @ np.swapaxes(x, -1, -2) + n * np.eye(n))


def regular(n, lead=()):
    return f32(r.standard_normal((*lead, n, n)) + 3 * np.eye(n))


v3, w3, m23, m34, t234, t245 = normal(3), normal(3), normal(2, 3), normal(3, 4), normal(2, 3, 4), normal(2, 4, 5)

# products
cases.add("matmul", np.matmul, t234, t245)
cases.add("matmul: broadcast", np.matmul, normal(5, 1, 2, 3), normal(2, 3, 2))
cases.add("matmul: vector left", np.matmul, v3, normal(2, 3, 2))
cases.add("matmul: int", np.matmul, i32([[1, 2], [3, 4]]), i32([[5, -6], [7, 8]]))
cases.add("dot", np.dot, m23, normal(2, 3, 4))
cases.add("vdot", np.vdot, m23, normal(3, 2))
cases.add("inner", np.inner, m23, normal(4, 3))
cases.add("outer", np.outer, m23, v3)
cases.add("tensordot", lambda x, y: np.tensordot(x, y, ([0, 2], [1, 0])), t234, normal(4, 2, 3))
cases.add("tensordot: count", lambda x, y: np.tensordot(x, y, 1), m23, m34)
cases.add("kron", np.kron, m23, normal(2, 2))
cases.add("kron: ranks", np.kron, m23, v3)
cases.add("cross", np.cross, normal(4, 3), v3)
cases.add("cross: two", np.cross, normal(4, 2), normal(2))
cases.add("cross: two and three", np.cross, normal(4, 2), normal(3))
cases.add("cross: axis", lambda x, y: np.cross(x, y, axis=0), normal(3, 2), normal(3, 2))
cases.add("vecdot", lambda x, y: np.einsum("...i,...i->...", x, y), normal(4, 2, 3), normal(2, 3))
cases.add("vecdot: axis", lambda x, y: np.einsum("i...,i...->...", x, y), normal(3, 2), normal(3, 2))
cases.add("matvec", lambda x, y: np.einsum("...ij,...j->...i", x, y), t234, normal(4))
cases.add("matvec: batch", lambda x, y: np.einsum("...ij,...j->...i", x, y), t234, normal(5, 1, 4))
cases.add("vecmat", lambda x, y: np.einsum("...i,...ij->...j", x, y), normal(5, 1, 3), t234)

# einsum
for spec, *operands in [
    ("ij,jk->ik", m23, m34),
    ("ij,jk", m23, m34),
    ("ji", m23),
    ("ii", normal(3, 3)),
    ("ii->i", normal(3, 3)),
    ("iij->j", normal(3, 3, 2)),
    ("...ij,...jk->...ik", t234, normal(4, 2)),
    ("...ij,...jk", normal(5, 1, 2, 3), normal(2, 3, 2)),
    ("i...->...", t234),
    ("...ii->...i", normal(2, 3, 3)),
    ("bqhd,bkhd->bhqk", normal(2, 3, 2, 4), normal(2, 5, 2, 4)),
    ("ij,jk,kl->il", m23, m34, normal(4, 2)),
    ("ij,jk,kl->", m23, m34, normal(4, 2)),
    ("ab,bc,cd,de,ea->", normal(2, 3), normal(3, 2), normal(2, 4), normal(4, 3), normal(3, 2)),
    ("i,i,i->i", v3, w3, normal(3)),
    ("ij,kl->ijkl", m23, normal(2, 2)),
    ("ijk->kj", t234),
    ("ij,ij->", m23, normal(2, 3)),
    ("i,->i", v3, f32(2.5)),
    ("ij,j->ji", normal(2, 1), v3),
]:
    cases.add(f"einsum: {spec}", lambda *xs, spec=spec: np.einsum(spec, *xs), *operands)

cases.add(
    "einsum_path",
    lambda *xs: np.array(np.einsum_path("ij,jk,kl->il", *xs, optimize="greedy")[0][1:]),
    i32(np.ones((6, 5))),
    i32(np.ones((5, 4))),
    i32(np.ones((4, 2))),
)

# norms
x23 = normal(2, 3)
t345 = normal(3, 4, 5)
cases.add("norm", np.linalg.norm, t345)
for order in [0, 1, 2, 3, -1, np.inf, -np.inf]:
    cases.add(f"norm: vector {order}", lambda x, o=order: np.linalg.norm(x, o, axis=1), t345)
for order in ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]:
    cases.add(f"norm: matrix {order}", lambda x, o=order: np.linalg.norm(x, o, axis=(2, 0)), t345)
cases.add("norm: whole matrix", lambda x: np.linalg.norm(x, 2), x23)
cases.add("norm: whole vector", lambda x: np.linalg.norm(x, 1), v3)
cases.add("norm: pair of axes", lambda x: np.linalg.norm(x, axis=(0, 1), keepdims=True), t345)
cases.add("vector_norm", lambda x: np.linalg.norm(x.ravel(), 3), t345)
cases.add("vector_norm: axes", lambda x: np.linalg.norm(x.transpose(1, 0, 2).reshape(4, -1), 1, axis=1), t345)
cases.add("matrix_norm", lambda x: np.linalg.norm(x, "fro", axis=(-2, -1), keepdims=True), t345)
cases.add("matrix_norm: 1", lambda x: np.linalg.norm(x, 1, axis=(-2, -1)), t345)

# factorizations
d3, d2 = definite(3), definite(2, (2,))
cases.add("cholesky", np.linalg.cholesky, d3)
cases.add("cholesky: batch, upper", lambda x: np.swapaxes(np.linalg.cholesky(x), -1, -2), d2)
cases.add("cholesky: not definite", lambda x: np.tril(np.full((2, 2), np.nan)), f32([[1, 2], [2, 1]]))
cases.add("qr", lambda x: tuple(np.linalg.qr(x)), normal(4, 3))
cases.add("qr: wide", lambda x: tuple(np.linalg.qr(x)), normal(2, 4))
cases.add("qr: complete", lambda x: tuple(np.linalg.qr(x, "complete")), normal(4, 2))
cases.add("qr: r", lambda x: np.linalg.qr(x, "r"), normal(2, 3, 3))
sym = definite(4)
cases.add("eigh", lambda x: (np.linalg.eigvalsh(x), np.abs(np.linalg.eigh(x)[1])), sym)
cases.add("eigvalsh: batch", np.linalg.eigvalsh, f32(d2 - 3))
s34 = normal(3, 4)
cases.add("svd: thin", lambda x: tuple(np.abs(y) for y in np.linalg.svd(x, full_matrices=False)), s34)
cases.add("svd: square", lambda x: tuple(np.abs(y) for y in np.linalg.svd(x)), normal(3, 3))
cases.add("svdvals", lambda x: np.linalg.svd(x, compute_uv=False), normal(2, 4, 3))
cases.add("matrix_rank", np.linalg.matrix_rank, f32([[[1, 2], [2, 4]], [[1, 2], [3, 4]]]))

# systems
a3 = regular(3)
cases.add("solve", np.linalg.solve, a3, normal(3, 2))
cases.add("solve: vector", np.linalg.solve, a3, v3)
cases.add("solve: batch", lambda a, b: np.linalg.solve(a, np.broadcast_to(b, (2, 3, 2))), regular(3, (2,)), normal(3, 2))
cases.add("inv", np.linalg.inv, regular(3, (2,)))
for n in [1, 2, 3, 4, 5]:
    cases.add(f"det: {n}", np.linalg.det, regular(n, (2,)))
cases.add("det: singular", np.linalg.det, f32([[1, 2, 3], [2, 4, 6], [1, 0, 1]]))
cases.add("slogdet", lambda x: tuple(np.linalg.slogdet(x)), f32(regular(4, (3,)) * r.choice([-1, 1], (3, 4, 1))))
cases.add("slogdet: singular", lambda x: tuple(np.linalg.slogdet(x)), f32([[1, 2], [2, 4]]))
cases.add("pinv", np.linalg.pinv, normal(4, 3))
cases.add("pinv: wide", np.linalg.pinv, normal(2, 2, 3))
cases.add("pinv: deficient", lambda x: np.linalg.pinv(x), f32([[1, 2], [2, 4], [0, 0]]))
tall, rhs = normal(5, 3), normal(5, 2)
cases.add("lstsq", lambda a, b: tuple(np.linalg.lstsq(a, b, rcond=None)), tall, rhs)
cases.add("lstsq: vector", lambda a, b: tuple(np.linalg.lstsq(a, b, rcond=None)), tall, normal(5))
cases.add("cond", np.linalg.cond, a3)
cases.add("cond: 1", lambda x: np.linalg.cond(x, 1), a3)
cases.add("cond: -2", lambda x: np.linalg.cond(x, -2), normal(2, 3))
for n in [0, 2, 5, -2]:
    cases.add(f"matrix_power: {n}", lambda x, n=n: np.linalg.matrix_power(x, n), a3)
cases.add("multi_dot", lambda *xs: np.linalg.multi_dot(xs), m23, m34, normal(4, 2))
cases.add("multi_dot: vectors", lambda *xs: np.linalg.multi_dot(xs), v3, m34, normal(4))
cases.add("tensorinv", np.linalg.tensorinv, f32(regular(6).reshape(2, 3, 6)))
cases.add("tensorinv: ind 1", lambda x: np.linalg.tensorinv(x, 1), f32(regular(4).reshape(4, 2, 2)))
cases.add("tensorsolve", np.linalg.tensorsolve, f32(regular(6).reshape(2, 3, 6)), m23)
cases.add("tensorsolve: axes", lambda a, b: np.linalg.tensorsolve(a, b, (0,)), f32(regular(6).reshape(6, 2, 3)), m23)
cases.add("diagonal", lambda x: np.diagonal(x, 1, -2, -1), t234)
cases.add("trace", lambda x: np.trace(x, -1, -2, -1), t234)
cases.add("matrix_transpose", lambda x: np.swapaxes(x, -1, -2), t234)

# lax.linalg and scipy.linalg
lower = f32(np.tril(regular(3)))
cases.add("triangular_solve", lambda a, b: scipy.linalg.solve_triangular(a, b, lower=True), lower, normal(3, 2))
cases.add(
    "triangular_solve: right, transposed",
    lambda a, b: scipy.linalg.solve_triangular(a, b.T, lower=True, trans=0).T,
    lower,
    normal(2, 3),
)
cases.add("lu", lambda x: scipy.linalg.lu_factor(x), regular(3))
cases.add("lu: permuted", lambda x: tuple(scipy.linalg.lu(x)), f32([[0.1, 2, 1], [4, 0.5, -1], [1, 1, 3]]))
cases.add("lu_solve", lambda a, b: scipy.linalg.lu_solve(scipy.linalg.lu_factor(a), b), a3, normal(3, 2))
cases.add("lu_solve: transposed", lambda a, b: scipy.linalg.lu_solve(scipy.linalg.lu_factor(a), b, 1), a3, v3)
cases.add("cho_solve", lambda a, b: scipy.linalg.cho_solve(scipy.linalg.cho_factor(a), b), d3, v3)
cases.add("solve_triangular", lambda a, b: scipy.linalg.solve_triangular(a, b, trans=1), f32(lower.T), v3)
cases.add("solve: definite", lambda a, b: scipy.linalg.solve(a, b, assume_a="pos"), d3, normal(3, 2))
cases.add("block_diag", scipy.linalg.block_diag, m23, normal(1, 2), v3)
cases.add("toeplitz", scipy.linalg.toeplitz, v3, normal(4))
cases.add("toeplitz: symmetric", scipy.linalg.toeplitz, v3)
cases.add("expm", scipy.linalg.expm, f32(normal(3, 3) * 0.5))
cases.add("expm: large", scipy.linalg.expm, f32(normal(3, 3) * 2))

cases.write("2026-11-24")
