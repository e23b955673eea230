/** @file Transformations in the golden files that this library does not have. */

/** What optax has and this library has not. */
const ABSENT = new Set(
  "rprop fromage signum optimistic_adam_v2 optimistic_gradient_descent normalize_by_update_norm \
contrib.ademamix contrib.dadapt_adamw".split(" "),
);

export const isAbsent = (name: string): boolean => ABSENT.has(name);
