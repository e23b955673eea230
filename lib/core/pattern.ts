/** @file Texts within regular expressions. */

/** The source of a regular expression that matches `text` itself. */
export const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
