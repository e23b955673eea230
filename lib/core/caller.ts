/**
 * @file Whose name messages bear: the public function that the user wrote.
 *
 * What checks shapes and dtypes is mostly a primitive or a helper of several functions, whose own name says nothing to the user.
 */

let caller: string | undefined;
/** Whether the code that runs is the user's, so that the next public function is one that the user wrote. */
let users = true;

/** Whether the code that runs is the user's. */
export const isUsers = (): boolean => users;

/**
 * Runs the body of the public function `name`. Errors made in it name the outermost function, which is the one the user wrote; only its
 * arguments are checked.
 */
export const calledAs = <T>(
  name: string,
  check: (args: readonly unknown[]) => readonly unknown[],
  args: readonly unknown[],
  run: (args: readonly unknown[]) => T,
): T => {
  if (!users) return run(args);
  const before = caller;
  caller = name;
  users = false;
  try {
    return run(check(args));
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
  } finally {
    users = false;
  }
};

/** The name for messages: `where`, if it is public (`np.add`, `grad of loss`), or else the function that the user wrote, if there is one. */
export const publicName = (where: string): string => (caller === undefined || /[. ]/.test(where) ? where : caller);
