/**
 * @file Whose name messages bear: the public function that the user wrote.
 *
 * What checks shapes and dtypes is mostly a primitive or a helper of several functions, whose own name says nothing to the user.
 */

/** How a public function checks the arguments of a user, and explains errors that they cause. */
export interface Contract {
  /** The name that messages bear. */
  readonly name: string;
  /** The arguments that the function takes. @throws {ArgumentError} */
  readonly check: (args: readonly unknown[]) => readonly unknown[];
  /** The error of a call that failed: one of JavaScript becomes one of the arguments. */
  readonly explain: (args: readonly unknown[], error: unknown) => unknown;
  /** Whether these arguments hold a function of the user, whose errors pass through unchanged. */
  readonly isTheirs: (args: readonly unknown[]) => boolean;
}

let caller: string | undefined;
/** Whether the code that runs is the user's, so that the next public function is one that the user wrote. */
let users = true;

/** Errors that come from functions of the user, which go through as they are. */
const theirs = new WeakSet<object>();

/** Whether the code that runs is the user's. */
export const isUsers = (): boolean => users;

/**
 * Runs the body of a public function. Errors made in it name the outermost function, which is the one the user wrote; only its arguments are
 * checked, and only it explains errors of JavaScript.
 */
export const calledAs = <T>(
  { name, check, explain }: Contract,
  args: readonly unknown[],
  run: (args: readonly unknown[]) => T,
): T => {
  if (!users) return run(args);
  const before = caller;
  caller = name;
  users = false;
  try {
    return run(check(args));
  } catch (error) {
    throw theirs.has(error as object) ? error : explain(args, error);
  } finally {
    caller = before;
    users = true;
  }
};

/** Runs a function of the user inside of a public function: what it calls has its own names. */
export const calledBack = <T>(f: () => T): T => {
  if (users) return f();
  users = true;
  try {
    return f();
  } catch (error) {
    if (error instanceof Error) theirs.add(error);
    throw error;
  } finally {
    users = false;
  }
};

/** Runs a function of the user while a program runs; its errors go through unchanged. */
export const calledByProgram = <T>(f: () => T): T => {
  try {
    return calledBack(f);
  } catch (error) {
    if (error instanceof Error) theirs.add(error);
    throw error;
  }
};

/** Whether a user's function threw the error. */
export const isTheirs = (error: unknown): boolean => theirs.has(error as object);

/** The name for messages: the function that the user wrote, if there is one, unless `where` says more (`grad of loss`). */
export const publicName = (where: string): string => (caller === undefined || where.includes(" ") ? where : caller);
