/** @file Notes on the module `jax`. */
import { all, COMPLEX, differing, type Module, type Note, type Notes, ONE_DEVICE, PURE, sameOf } from "./note.js";

/** Methods of arrays that are functions of `np`. */
const methods = (names: string): Notes =>
  Object.fromEntries(
    names
      .split(" ")
      .map((name): [string, Note] => [`Array.${name}`, { as: `np.${name}`, differs: "a function, not a method" }]),
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
    ...all("debug_nans debug_infs", {
      not: "no global switches; `np.isfinite` tells, and `optim.applyIfFinite` skips an update",
    }),
    enable_x64: { not: "float64 is on the backend `reference` only" },
    ...all("default_device default_backend", { as: "init", differs: "the backend is chosen once, by name" }),
    disable_jit: { not: "no global switches; leave `jit` out: functions run eagerly too" },
    Inline: { not: "calls are always written out into one program" },
    ensure_compile_time_eval: { not: "what depends on no argument is computed while tracing" },
    ...all("named_call named_scope", { not: "no names in programs; errors name the function" }),
    CompilerEffortLevel: { not: "nothing to choose" },
    ShapeDtypeStruct: { as: "ShapeDtype" },
    device_put: { as: "np.devicePut", differs: "of arrays in JavaScript's memory; other leaves stay as they are" },
    device_get: { not: "`x.dataSync()`, `await x.data()`, `x.toArray()` and `x.item()` read a tensor" },
    ...all(
      "make_mesh set_mesh shard_map smap pmap devices local_devices process_index device_count local_device_count process_count process_indices Device make_array_from_callback make_array_from_single_device_arrays make_array_from_process_local_data",
      ONE_DEVICE,
    ),
    typeof: { as: "Aval", differs: "`x.aval`, a property of the tensor" },
    copy_to_host_async: { not: "`await x.data()` does both" },
    "numpy.vectorize": { as: "np.vectorize", differs: "`{ signature }`; no `excluded`: close over the rest" },
    fwd_and_bwd: { as: "vjp", differs: "the pullback is a function, which holds the residuals" },
    custom_gradient: {
      as: "customVjp",
      differs: "`fwd` and `bwd` apart, where it takes one function that returns both",
    },
    custom_remat: { as: "checkpoint", differs: "what to save is said by a policy" },
    custom_jvp: { as: "customJvp", differs: "`customJvp(f, rule)`; no decorator" },
    "custom_jvp.defjvp": { as: "customJvp", differs: "the rule is its second argument" },
    "custom_jvp.defjvps": { as: "customJvp", differs: "one rule for all arguments" },
    custom_vjp: {
      as: "customVjp",
      differs: "`customVjp(f, fwd, bwd)`; no decorator; `nondiffArgnums` are not given to `bwd` again",
    },
    "custom_vjp.defvjp": { as: "customVjp", differs: "the rules are its second and third argument" },
    ...differing({
      jit: "`{ static, donate, executor, cacheSize }`; `static` takes places of arguments and names of options; static data by value",
      ...sameOf("jacobian jacfwd jacrev hessian", "`{ argnums, hasAux }`; no `holomorphic`"),
      make_jaxpr: "no `return_shape` (`evalShape`), no `static_argnums`: close over them",
      block_until_ready: "a promise: `await blockUntilReady(x)`",
      grad: "`{ argnums, hasAux, allowInt }`; integers give null, not float0; no `holomorphic`",
      value_and_grad: "`{ argnums, hasAux, allowInt }`; no `holomorphic`",
      jvp: "primals and tangents are arrays; the tangent of an integer is null; no `has_aux`",
      vjp: "the function that it returns holds memory: dispose of it; the cotangent of an integer is null; no `has_aux`",
      linearize: "the function that it returns holds memory: dispose of it",
      vmap: "`{ inAxes, outAxes, axisName, axisSize }`; no `spmd_axis_name`",
      checkpoint: "`{ policy }`; also `remat`; no `static_argnums`: close over them",
    }),
    "checkpoint_policies.checkpoint_dots": { as: "checkpointPolicies.dotsSaveable" },
    "checkpoint_policies.checkpoint_dots_with_no_batch_dims": { as: "checkpointPolicies.dotsWithNoBatchDimsSaveable" },
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
    "Array.itemsize": { as: "Aval", differs: "`x.nbytes` is the size of all elements in bytes" },
    "Array.byteswap": { not: "bytes are those of the machine" },
    "Array.flat": { not: "`x.dataSync()` is a typed array to iterate over" },
    "Array.copy_to_host_async": { not: "`await x.data()` does both" },
    ...all("Array.conj Array.conjugate Array.imag Array.real", COMPLEX),
    ...all("Array.dtype Array.nbytes Array.ndim Array.shape Array.size", {
      as: "Aval",
      differs: "properties of the tensor, under the same names",
    }),
    "Array.item": { as: "isTensor", differs: "`x.item()`, a method of the tensor" },
    ...all(
      "Array.addressable_shards Array.committed Array.device Array.global_shards Array.is_fully_addressable Array.is_fully_replicated Array.sharding Array.to_device",
      ONE_DEVICE,
    ),
    ...all("pure_callback experimental.io_callback", PURE),
    print_environment_info: { as: "stats", differs: "the backend, and what was moved and run" },
    live_arrays: { as: "memory", differs: "numbers of arrays and bytes, not the arrays" },
    clear_caches: { not: "`dispose()` of a jitted function drops its programs" },
    ds: { as: "lax.dynamicSlice", differs: "start and sizes are arguments" },
    "checkpoint_policies.offload_dot_with_no_batch_dims": ONE_DEVICE,
    "checkpoint_policies.save_and_offload_only_these_names": ONE_DEVICE,
  },
};
