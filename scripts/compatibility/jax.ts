/** @file Notes on the module `jax`. */
import { all, COMPLEX, type Module, type Note, type Notes, ONE_DEVICE, PURE } from "./note.js";

/** Methods of arrays that are functions of `np`. */
const methods = (names: string): Notes =>
  Object.fromEntries(
    names
      .split(" ")
      .map((name): [string, Note] => [
        `Array.${name}`,
        { as: `np.${name === "var" ? "variance" : name}`, differs: "a function, not a method" },
      ]),
  );

const NO_SWITCH: Note = { not: "no global switches" };

export const JAX: Module = {
  space: "",
  absent: "not yet",
  names: {
    ...all(
      "array_garbage_collection_guard config default_matmul_precision default_prng_impl enable_checks enable_custom_prng log_compiles no_tracing numpy_rank_promotion transfer_guard",
      NO_SWITCH,
    ),
    ...all("check_tracer_leaks checking_leaks", { not: "always on: an escaped tracer is an error when it is used" }),
    ...all("debug_nans debug_infs", { not: "not yet" }),
    enable_x64: { not: "float64 is on the backend `reference` only" },
    ...all("default_device default_backend", { as: "init", differs: "the backend is chosen once, by name" }),
    ...all("disable_jit Inline ensure_compile_time_eval named_call named_scope CompilerEffortLevel", {
      not: "not yet",
    }),
    ShapeDtypeStruct: { as: "ShapeDtype" },
    device_put: { as: "np.devicePut" },
    device_get: { not: "`x.dataSync()`, `await x.data()`, `x.toArray()` and `x.item()` read a tensor" },
    ...all(
      "make_mesh set_mesh shard_map smap pmap devices local_devices process_index device_count local_device_count process_count process_indices Device make_array_from_callback make_array_from_single_device_arrays make_array_from_process_local_data typeof",
      ONE_DEVICE,
    ),
    copy_to_host_async: { not: "`await x.data()`" },
    "numpy.vectorize": { as: "np.vectorize" },
    ...all("fwd_and_bwd custom_gradient custom_remat", { not: "customVjp and checkpoint say the same" }),
    "custom_jvp.defjvp": { as: "customJvp", differs: "the rule is an argument" },
    "custom_jvp.defjvps": { as: "customJvp", differs: "one rule for all arguments" },
    "custom_vjp.defvjp": { as: "customVjp", differs: "the two rules are arguments" },
    ...all("custom_batching.custom_vmap custom_batching.custom_vmap.def_vmap custom_batching.sequential_vmap", {
      not: "a primitive of your own has a batch rule: see definePrimitive",
    }),
    Array: { as: "isTensor", differs: "the type is `Tensor`; `isTensor(x)` tests for it" },
    ...methods(
      "all any argmax argmin argpartition argsort astype at choose clip compress cumprod cumsum diagonal dot max mean min nonzero prod ptp ravel repeat reshape round searchsorted sort squeeze std sum swapaxes take trace transpose var",
    ),
    "Array.flatten": { as: "np.ravel", differs: "a function, not a method" },
    "Array.copy": { as: "np.copy", differs: "a function, not a method" },
    "Array.view": { as: "lax.bitcastConvertType", differs: "a function, not a method" },
    "Array.T": { as: "np.transpose", differs: "a function, not a property" },
    "Array.mT": { as: "np.matrixTranspose", differs: "a function, not a property" },
    ...all("Array.byteswap Array.itemsize Array.flat Array.nbytes", { not: "`x.aval.bytes` tells the size" }),
    ...all("Array.conj Array.conjugate Array.imag Array.real", COMPLEX),
    ...all("Array.dtype Array.ndim Array.shape Array.size", {
      as: "Aval",
      differs: "properties of the tensor, under the same names",
    }),
    "Array.item": { as: "isTensor", differs: "`x.item()`, a method of the tensor" },
    ...all(
      "Array.addressable_shards Array.committed Array.copy_to_host_async Array.device Array.global_shards Array.is_fully_addressable Array.is_fully_replicated Array.sharding Array.to_device",
      ONE_DEVICE,
    ),
    ...all("pure_callback experimental.io_callback debug.callback debug.print", PURE),
    print_environment_info: { not: "not yet" },
    live_arrays: { as: "memory", differs: "numbers of arrays and bytes, not the arrays" },
    clear_caches: { not: "`dispose()` of a jitted function drops its programs" },
    ds: { as: "lax.dynamicSlice", differs: "start and sizes are arguments" },
    "checkpoint_policies.offload_dot_with_no_batch_dims": ONE_DEVICE,
    "checkpoint_policies.save_and_offload_only_these_names": ONE_DEVICE,
  },
};
