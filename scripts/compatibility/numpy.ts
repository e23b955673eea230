/** @file Notes on `jax.numpy`. */
import { all, COMPLEX, differing, type Module, NO_PRECISION, type Notes, sameOf } from "./note.js";

const DTYPES: Notes = {
  bool_: { as: "np.bool", differs: 'the string "bool"' },
  ...all("int_ int32", { as: "np.int32", differs: 'the string "int32"' }),
  ...all("uint uint32", { as: "np.uint32", differs: 'the string "uint32"' }),
  ...all("float32 float_ single", { as: "np.float32", differs: 'the string "float32"' }),
  ...all("float64 double", { as: "np.float64", differs: 'the string "float64", on the backend `reference` only' }),
  dtype: { as: "np.float32", differs: 'a dtype is a string: "float32", "int32", "uint32", "bool" or "float64"' },
  ...all("float16 int16 int64 int8 uint16 uint64 uint8", {
    not: "no such dtype; 16-bit floats are a storage format of files",
  }),
  ...all("character flexible object_ generic number inexact floating integer signedinteger unsignedinteger ufunc", {
    not: "no hierarchy of scalar types; dtypes are strings",
  }),
  issubdtype: { as: "np.isdtype", differs: 'a kind is a word: "integral", "real floating", "numeric"' },
  ndarray: { as: "isTensor", differs: "the type is `Tensor`; `isTensor(x)` tests for it" },
};

const INDEXING: Notes = {
  "ndarray.at": { as: "np.at", differs: "`np.at(x, i, j).set(y)` for `x.at[i, j].set(y)`" },
  ...all("s_ index_exp", { as: "np.s", differs: '`np.s(1, 3)`, or the string "1:3" as an index' }),
  ix_: { as: "np.ix" },
  c_: { as: "np.columnStack", differs: "a function" },
  r_: { as: "np.concatenate", differs: "a function" },
  ...differing({
    choose: "indices out of range take the nearest by default, where JAX raises",
    delete: "indices are numbers, lists or slices, not tensors",
    insert: "indices are numbers or lists, not tensors",
    ...Object.fromEntries(
      ["fill_diagonal", "place", "put", "put_along_axis"].map((name) => [
        name,
        "returns the changed copy; there is no `inplace` to set to False",
      ]),
    ),
    take: "`np.take(x, indices, axis, mode, fillValue)`",
    take_along_axis: "`mode` is an argument by place",
    mgrid: "a function of spans: `np.mgrid([0, 3], [0, 4, 2])`",
    ogrid: "a function of spans: `np.ogrid([0, 3], [0, 4, 2])`",
    meshgrid: "one list: `np.meshgrid([x, y])`; no `copy`",
    where: "three arguments; of one argument it is `np.nonzero`",
  }),
};

const CREATION: Notes = differing({
  array: "`np.array(nested, { dtype, shape })`; of nested lists, numbers, bools and typed arrays, not of tensors",
  asarray: "also takes a tensor, and gives it back",
  arange: "of numbers, not of tensors",
  linspace: "between numbers, not tensors; no `retstep`",
  logspace: "between numbers, not tensors",
  geomspace: "between numbers, not tensors",
  eye: "`np.eye(n, m, k, dtype)` by place",
  tri: "`np.tri(n, m, k, dtype)` by place",
  empty: "zeros, as in JAX; a dtype by place",
  indices: "no `sparse`; `np.ogrid` and `np.meshgrid` have it",
  fromfunction: "`np.fromfunction(f, shape, dtype)`; no `kwargs`",
  polyint: "`k` is one number",
});

const REDUCING: Notes = differing({
  ...sameOf(
    "sum prod nansum nanprod mean nanmean var std nanvar nanstd cumsum cumprod cumulative_sum cumulative_prod nancumsum nancumprod trace",
    "no `dtype`: convert with `np.astype`",
  ),
  ...sameOf(
    "quantile percentile nanquantile nanpercentile",
    "a number `q` out of range is an error, where JAX takes the nearest",
  ),
  intersect1d: "no `return_indices`",
  corrcoef: "`np.corrcoef(x, { y, rowvar })`",
  unique: "flattened, without `axis`, and only the values; `np.uniqueAll` gives indices and counts too",
  unique_all: "an object `{ values, indices, inverseIndices, counts }`",
  unique_counts: "an object `{ values, counts }`",
  unique_inverse: "an object `{ values, inverseIndices }`",
  average: "no `returned`: the weights are yours to sum",
  histogram: "`np.histogram(x, { bins, range, weights, density })`; `bins` is a number or edges, no rule's name",
  histogram_bin_edges: "`bins` is a number or edges, no rule's name",
  searchsorted: "no `method`: a binary search",
  digitize: "no `method`: a binary search",
  sort: "`np.sort(x, axis, { descending })`; always stable",
  argsort: "`np.argsort(x, axis, { descending })`; always stable",
  partition: "sorts the whole axis",
  argpartition: "sorts the whole axis",
  interp: "no `period`",
  gradient: "`np.gradient(x, { axis, spacing })`",
  trapezoid: "`np.trapezoid(y, { x, dx, axis })`",
  unwrap: "`np.unwrap(x, { discont, axis, period })`",
  diff: "`np.diff(x, { n, axis, prepend, append })`",
  cov: "`np.cov(x, { y, rowvar, … })`",
  cross: "one `axis` for both operands and the result",
  pad: "`np.pad(x, widths, { mode, constantValues, … })`; no function as mode",
  packbits: "bytes are uint32, since there is no uint8",
  unpackbits: "bytes are uint32, since there is no uint8",
});

const FUNCTIONS: Notes = differing({
  clip: "bounds by place or by name; null or undefined for none",
  einsum: "a string of letters; no lists of axes, no `optimize`",
  einsum_path: "the path only, without the printed report",
  roll: "`np.roll(x, shift, axis)`",
  repeat: "`repeats` are numbers, not a tensor, so there is no `total_repeat_length`",
  vectorize: 'the signature in an object: `np.vectorize(f, { signature: "(n),(n)->()" })`',
  apply_along_axis: "`f` takes one vector; close over the rest",
  apply_over_axes: "`f(x, axis)`",
  piecewise: "functions take one argument; close over the rest",
  nan_to_num: "`np.nanToNum(x, { nan, posinf, neginf })`",
  polydiv: "no `trim_leading_zeros`; the remainder has one coefficient less than the divisor",
  polymul: "no `trim_leading_zeros`",
  polyval: "no `unroll`",
  ...sameOf("dot matmul inner vdot vecdot matvec vecmat tensordot convolve correlate", NO_PRECISION),
  ...sameOf("concatenate concat stack vstack hstack", "no `dtype`: convert with `np.astype`"),
  ...sameOf("ravel reshape", "no `order`: row-major"),
  ...sameOf("split vsplit hsplit dsplit array_split", "falling places to cut at are taken, as in NumPy"),
  ravel_multi_index: "indices out of range take the nearest, where JAX raises by default; row-major",
  isdtype: "one kind; no tuple of kinds",
  can_cast: "between dtypes: there are no values",
});

export const JAX_NUMPY: Module = {
  space: "np",
  absent: "not yet",
  names: {
    ...all(
      "angle cdouble complex_ complex128 complex64 complexfloating ComplexWarning conj conjugate csingle imag iscomplex iscomplexobj isreal isrealobj real sort_complex",
      COMPLEX,
    ),
    ...DTYPES,
    ...INDEXING,
    ...CREATION,
    ...REDUCING,
    ...FUNCTIONS,
    ...all("get_printoptions set_printoptions printoptions array_repr array_str", {
      not: "`x.toArray()` gives plain arrays, which JavaScript prints",
    }),
    ...all("frombuffer fromfile fromiter fromstring from_dlpack", {
      not: "`np.array` takes nested arrays and typed arrays",
    }),
    frompyfunc: { not: "no ufunc objects; a function of tensors broadcasts by itself" },
    iterable: { not: "a question about Python objects" },
    ...all("load save savez", { not: "`fluxion/io` reads and writes .npy and safetensors" }),
    roots: { not: "roots are complex numbers" },
    trim_zeros: { not: "the size of the result depends on values" },
  },
};

const NO_EIG = { not: "eigenvalues of matrices that are not symmetric are complex; `eigh` is there" };

export const JAX_NUMPY_LINALG: Module = {
  space: "np.linalg",
  absent: "not yet",
  names: {
    ...all("eig eigvals", NO_EIG),
    ...differing({
      norm: "`np.linalg.norm(x, { ord, axis, keepDims })`",
      cholesky: "`{ upper, symmetrizeInput }`",
      eigh: "`{ uplo, symmetrizeInput }`",
      svd: "`{ fullMatrices, computeUv }`; no `hermitian`; full matrices of a matrix that is not square have no derivative",
      qr: '`"reduced"`, `"complete"` or `"r"`; the complete factors of a matrix that is not square have no derivative',
      lstsq: "`{ rcond }`; no `numpy_resid`",
      pinv: "`{ rtol }`; no `hermitian`",
      matrix_rank: "`{ rtol }`; no `hermitian`",
      cross: "one `axis` for both operands and the result",
      eigvalsh: "no `UPLO`: the input is made symmetric",
      slogdet: "no `method`",
      ...sameOf("matmul vecdot tensordot multi_dot", NO_PRECISION),
      trace: "no `dtype`: convert with `np.astype`",
    }),
  },
};
