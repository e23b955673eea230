/** @file Notes on `jax.lax`. */
import { all, COMPLEX, type Module, ONE_DEVICE } from "./note.js";

export const LAX: Module = {
  space: "lax",
  absent: "not yet",
  names: {
    ...all("complex conj imag real fft FftType", COMPLEX),
    ...all(
      "after_all all_gather all_to_all psum psum_scatter pmax pmin pmean ppermute pshuffle pswapaxes axis_index axis_size psend precv pbroadcast with_sharding_constraint ragged_all_to_all",
      ONE_DEVICE,
    ),
    ...all(
      "AccuracyMode DotAlgorithm DotAlgorithmPreset Precision PrecisionLike Tolerance RoundingMethod RandomAlgorithm",
      {
        not: "products are in float32; there is one way",
      },
    ),
  },
};

export const LAX_LINALG: Module = { space: "lax.linalg", absent: "not yet" };
