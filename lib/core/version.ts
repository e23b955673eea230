/** @file The version of this package, which the files it writes carry. */
export const VERSION = "0.2.0";
