/**
 * @file What loops and branches mean for every executor: which programs run on which handles, and who frees what.
 *
 * Each is written as steps: they yield a handle where they need the number it stands for (the predicate of a while, the index of a
 * branch) and are given it. An executor that reads at once drives them in a loop, one that must wait awaits between them.
 */
import type { Aval } from "../core/aval.js";
import {
  branchAt,
  type CondParams,
  type ScanParams,
  scanParts,
  type WhileParams,
  whileParts,
} from "../core/control.js";
import type { Jaxpr } from "../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../core/primitive.js";
import { type Handle, Literal } from "../core/tensor.js";
import { geP, selectP } from "../primitives/elementwise.js";
import type { Executor } from "./executor.js";
import { rowReader, rowStack } from "./rows.js";

/** A run that asks for numbers on its way to its results. */
export type Steps = Generator<Handle, Handle[], number>;

/** A compiled jaxpr, as far as a loop needs it. */
export interface Runnable {
  /** Results are the caller's; so are the inputs, but for those that the program was set to consume. */
  steps(inputs: readonly Handle[]): Steps;
  dispose(): void;
}

/** Compiles a jaxpr; the inputs that are `consumed` are freed after their last use, and when the run fails. */
export type Compile = (jaxpr: Jaxpr, consumed: readonly boolean[]) => Runnable;

/** An equation that runs programs. Inputs stay with the caller. */
export interface Block {
  readonly steps: (inputs: readonly Handle[]) => Steps;
  readonly programs: readonly Runnable[];
}

const fill = <T>(n: number, value: T): T[] => new Array<T>(n).fill(value);

const scan = (executor: Executor, compile: Compile, params: ScanParams, inAvals: readonly Aval[]): Block => {
  const { jaxpr, numConsts, numCarry, length, reverse } = params;
  const { device } = executor;
  const { xs: xAvals } = scanParts(params, inAvals);
  const body = compile(jaxpr, [...fill(numConsts, false), ...fill(numCarry + xAvals.length, true)]);
  const readers = xAvals.map((aval) => rowReader(executor, aval));
  const stackOf = jaxpr.outAvals.slice(numCarry).map((aval) => rowStack(executor, aval, length));
  const free = (handles: readonly Handle[]): void => {
    for (const h of handles) device.free(h);
  };
  return {
    programs: [body],
    *steps(inputs) {
      const { consts, carry: init, xs } = scanParts(params, inputs);
      const stacks = stackOf.map((make) => make());
      // What is to be freed if a turn fails: the carry, and rows on their way.
      let held = init.map((h) => device.share(h));
      try {
        for (let turn = 0; turn < length; turn++) {
          const i = reverse ? length - 1 - turn : turn;
          xs.forEach((x, k) => {
            held.push(readers[k](x, i));
          });
          const given = held;
          held = [];
          const outs = yield* body.steps([...consts, ...given]);
          held = outs;
          stacks.forEach((stack, k) => {
            stack.put(i, outs[numCarry + k]);
          });
          held = outs.slice(0, numCarry);
        }
        return [...held, ...stacks.map((stack) => stack.done())];
      } catch (cause) {
        free(held);
        for (const stack of stacks) stack.drop();
        throw cause;
      }
    },
  };
};

const whileLoop = ({ device }: Executor, compile: Compile, params: WhileParams): Block => {
  const numCarry = params.body.outs.length;
  const cond = compile(params.cond, fill(params.condConsts + numCarry, false));
  const body = compile(params.body, [...fill(params.bodyConsts, false), ...fill(numCarry, true)]);
  return {
    programs: [cond, body],
    *steps(inputs) {
      const { condConsts, bodyConsts, carry: init } = whileParts(params, inputs);
      let carry = init.map((h) => device.share(h));
      try {
        for (;;) {
          const [predicate] = yield* cond.steps([...condConsts, ...carry]);
          let goOn: number;
          try {
            goOn = yield predicate;
          } finally {
            device.free(predicate);
          }
          if (goOn === 0) return carry;
          const given = carry;
          carry = [];
          carry = yield* body.steps([...bodyConsts, ...given]);
        }
      } catch (cause) {
        for (const h of carry) device.free(h);
        throw cause;
      }
    },
  };
};

const cond = (compile: Compile, { branches }: CondParams): Block => {
  const programs = branches.map((jaxpr) => compile(jaxpr, fill(jaxpr.inVars.length, false)));
  return {
    programs,
    *steps([index, ...operands]) {
      const at = branchAt(branches, yield index);
      return yield* programs[at].steps(operands);
    },
  };
};

/** All branches, among whose results the index selects: where no number can be read on the way. */
const allBranches = (executor: Executor, compile: Compile, { branches }: CondParams, index: Aval): Block => {
  const { device } = executor;
  const programs = branches.map((jaxpr) => compile(jaxpr, fill(jaxpr.inVars.length, false)));
  const bool = index.withDType("bool");
  const reaches = executor.kernel(geP, {}, [index, index], [bool]);
  const picks = branches[0].outAvals.map((a) => executor.kernel(selectP, {}, [bool, a, a], [a]));
  return {
    programs,
    *steps([at, ...operands]) {
      let results: Handle[] = [];
      const passing: Handle[] = [];
      try {
        results = yield* programs[0].steps(operands);
        for (let k = 1; k < programs.length; k++) {
          const others = yield* programs[k].steps(operands);
          passing.push(...others);
          const number = device.upload(new Literal(k, index.dtype).host());
          passing.push(number);
          const [here] = reaches([at, number]);
          passing.push(here);
          for (let i = 0; i < results.length; i++) {
            const [picked] = picks[i]([here, others[i], results[i]]);
            device.free(results[i]);
            results[i] = picked;
          }
        }
        return results;
      } catch (cause) {
        for (const h of results) device.free(h);
        throw cause;
      } finally {
        for (const h of passing) device.free(h);
      }
    },
  };
};

/** The programs of a control equation and how they are run; undefined for other primitives. */
export const blockOf = (
  executor: Executor,
  compile: Compile,
  prim: AnyPrimitive,
  params: Params,
  inAvals: readonly Aval[],
): Block | undefined => {
  switch (prim.control) {
    case "scan":
      return scan(executor, compile, params as unknown as ScanParams, inAvals);
    case "while":
      return whileLoop(executor, compile, params as unknown as WhileParams);
    case "cond":
      return executor.device.fetch === undefined
        ? cond(compile, params as unknown as CondParams)
        : allBranches(executor, compile, params as unknown as CondParams, inAvals[0]);
    default:
      return undefined;
  }
};
