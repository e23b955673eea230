/** Looks at values while a program runs. */
export { callback } from "./callback.js";
export { print } from "./print.js";
