/** @file Text from outside on a terminal, which would obey the control characters in it. */

/** Control characters, ends of lines, and marks that turn the direction of text: these let one text be shown as another. */
const OBEYED = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
const OBEYED_BESIDES_LAYOUT = /(?![\n\t])[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

const escaped = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Text in one line, with what a terminal would obey escaped as JSON does. */
export const printable = (text: string): string => text.replace(OBEYED, escaped);

/** As `printable`, for text of several lines: ends of lines and tabs stay. */
export const printableLines = (text: string): string => text.replace(OBEYED_BESIDES_LAYOUT, escaped);
