/** @file Products and einsum. */
import * as np from "../../../lib/np/index.js";
import { golden, type Row } from "./row.js";

const row = golden("np-linalg");

const einsums: readonly Row[] = [
  "ij,jk->ik",
  "ij,jk",
  "ji",
  "ii",
  "ii->i",
  "iij->j",
  "...ij,...jk->...ik",
  "...ij,...jk",
  "i...->...",
  "...ii->...i",
  "bqhd,bkhd->bhqk",
  "ij,jk,kl->il",
  "ij,jk,kl->",
  "ab,bc,cd,de,ea->",
  "i,i,i->i",
  "ij,kl->ijkl",
  "ijk->kj",
  "ij,ij->",
  "i,->i",
  "ij,j->ji",
].map((spec) => row("np.einsum", `einsum: ${spec}`, (...xs) => np.einsum(spec, ...xs), "differences"));

export const rows: readonly Row[] = [
  row("np.matmul", "matmul", np.matmul, "differences"),
  row("np.matmul", "matmul: broadcast", np.matmul, "differences"),
  row("np.matmul", "matmul: vector left", np.matmul, "differences"),
  row("np.matmul", "matmul: int", np.matmul, "no floats"),
  row("np.dot", "dot", np.dot, "differences"),
  row("np.vdot", "vdot", np.vdot, "differences"),
  row("np.inner", "inner", np.inner, "differences"),
  row("np.outer", "outer", np.outer, "differences"),
  row(
    "np.tensordot",
    "tensordot",
    (x, y) =>
      np.tensordot(x, y, [
        [0, 2],
        [1, 0],
      ]),
    "differences",
  ),
  row("np.tensordot", "tensordot: count", (x, y) => np.tensordot(x, y, 1), "differences"),
  row("np.kron", "kron", np.kron, "differences"),
  row("np.kron", "kron: ranks", np.kron, "differences"),
  row("np.cross", "cross", (x, y) => np.cross(x, y), "differences"),
  row("np.cross", "cross: two", (x, y) => np.cross(x, y), "differences"),
  row("np.cross", "cross: two and three", (x, y) => np.cross(x, y), "differences"),
  row("np.cross", "cross: axis", (x, y) => np.cross(x, y, 0), "differences"),
  row("np.vecdot", "vecdot", (x, y) => np.vecdot(x, y), "differences"),
  row("np.vecdot", "vecdot: axis", (x, y) => np.vecdot(x, y, 0), "differences"),
  row("np.matvec", "matvec", np.matvec, "differences"),
  row("np.matvec", "matvec: batch", np.matvec, "differences"),
  row("np.vecmat", "vecmat", np.vecmat, "differences"),
  row(
    "np.einsumPath",
    "einsum_path",
    (...xs) => np.array(np.einsumPath("ij,jk,kl->il", ...xs), { dtype: "int32" }),
    "no floats",
  ),
  ...einsums,
];
