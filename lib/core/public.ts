/** @file What the main entry has of the core: the same functions, with their calls checked. Within the library they are called as they are. */
import { takes, takesLater } from "./composite.js";
import * as errors from "./errors.js";
import * as jaxprs from "./jaxpr.js";
import * as primitives from "./primitive.js";
import * as tensors from "./tensor.js";
import * as traces from "./trace.js";

/** Applies a primitive under the current trace. All operations come through here. */
export const bind = takes("bind(prim, args, params)", traces.bind);

/** Checks that every variable is defined once before its use and that every equation has the avals its rule predicts. */
export const checkJaxpr = takes("checkJaxpr(jaxpr)", jaxprs.checkJaxpr);

/** Evaluates a jaxpr under the current trace, so that any transformation may look on. */
export const evalJaxpr = takes("evalJaxpr(jaxpr, consts, args)", jaxprs.evalJaxpr);

/** Declares a primitive. */
export const definePrimitive = takes("definePrimitive(spec)", primitives.definePrimitive);

/** Whether `x` is a tensor of this copy of the library. @throws {TreeError} when it is one of another copy */
export const isTensor = takes("isTensor(x)", tensors.isTensor);

/** Frees every tensor of a tree. */
export const dispose = takes("dispose(tree)", tensors.dispose);

/**
 * Waits until every tensor of a tree has been computed and its elements are on the host, so that `dataSync`, `item` and an `if` on
 * them work, and they can go to another backend. On a synchronous backend there is nothing to wait for.
 *
 * @returns  the same tree
 * @throws {BackendError} when the device reports an error
 * @see `jax.block_until_ready`
 * @example const { loss } = await blockUntilReady(step(batch)); loss.item()
 */
export const blockUntilReady = takesLater("blockUntilReady(tree)", tensors.blockUntilReady);

/**
 * Whether `e` is an error of this library (with the given tag, if one is given).
 *
 * @example try { ... } catch (e) { if (isFluxionError(e, "ShapeError")) console.error(e.message); else throw e }
 */
export const isFluxionError = takes("isFluxionError(e, tag)", errors.isFluxionError);
