/** @file Why a request has no answer: a reason, and a message in the parts that errors of this library have. */
import { type FluxionError, isFluxionError, type Mismatch } from "../core/errors.js";

/** Each reason, and the status of HTTP that it has. 499 is nginx's: the client has gone, and no one reads the response. */
export const STATUS = {
  malformed: 400,
  unknown: 404,
  method: 405,
  slow: 408,
  large: 413,
  type: 415,
  header: 431,
  cancelled: 499,
  failed: 500,
  full: 503,
  stopping: 503,
  changing: 503,
  late: 504,
} as const;
export type Reason = keyof typeof STATUS;

/** The parts of the message for a client. */
export type Told = Omit<Mismatch, "where">;

/** A request that has no answer. */
export class Refusal extends Error {
  constructor(
    readonly reason: Reason,
    readonly told: Told,
    options?: { readonly cause?: unknown },
  ) {
    super(told.what, options);
    this.name = "Refusal";
  }
}

/** A refusal with a message: what is wrong, and its other parts. */
export const refusal = (reason: Reason, what: string, more: Omit<Told, "what"> = {}): Refusal =>
  new Refusal(reason, { what, ...more });

const toldOf = ({ mismatch: { where: _, ...told } }: FluxionError): Told => told;

/** An error as a refusal; of what is not an error of this library the client learns nothing. */
export const refusalOf = (error: unknown, reason: Reason = "failed", at?: string): Refusal => {
  if (error instanceof Refusal) return error;
  const told = isFluxionError(error) ? toldOf(error) : { what: "the server has failed at this request" };
  return new Refusal(reason, at === undefined ? told : { ...told, at }, { cause: error });
};
