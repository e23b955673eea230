/** @file Notes on `jax.numpy`. */
import { all, COMPLEX, type Module } from "./note.js";

export const JAX_NUMPY: Module = {
  space: "np",
  absent: "not yet",
  names: {
    ...all(
      "angle cdouble complex_ complex128 complex64 complexfloating ComplexWarning conj conjugate csingle imag iscomplex iscomplexobj isreal isrealobj real sort_complex",
      COMPLEX,
    ),
    ...all(
      "character flexible object_ generic number inexact floating integer signedinteger unsignedinteger ufunc ndarray",
      {
        not: "no hierarchy of scalar types; dtypes are strings",
      },
    ),
    ...all("bool_ int_ int32 uint uint32 float32 float_ single dtype", {
      as: "np.array",
      differs: 'dtypes are the strings "float32", "int32", "uint32", "bool" and "float64"',
    }),
    ...all("float64 double", { as: "np.array", differs: 'the string "float64", on the backend `reference` only' }),
    ...all("float16 int16 int64 int8 uint16 uint64 uint8", {
      not: "no such dtype; 16-bit floats are a storage format of files",
    }),
    ...all("get_printoptions set_printoptions printoptions array_repr array_str", {
      not: "`x.toArray()` gives plain arrays to print",
    }),
    ...all("frombuffer fromfile fromiter fromstring from_dlpack frompyfunc fromfunction", {
      not: "`np.array` takes nested arrays and typed arrays",
    }),
    ...all("load save savez", { not: "`fluxion/io` reads and writes .npy and safetensors" }),
  },
};

export const JAX_NUMPY_LINALG: Module = { space: "np.linalg", absent: "not yet" };
