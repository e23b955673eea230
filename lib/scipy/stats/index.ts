/** @file Densities and distribution functions under their names in `jax.scipy.stats`. */
export * as beta from "./beta.js";
export * as expon from "./expon.js";
export * as gamma from "./gamma.js";
export * as multivariateNormal from "./multivariate-normal.js";
export * as norm from "./norm.js";
export * as t from "./t.js";
export * as uniform from "./uniform.js";
