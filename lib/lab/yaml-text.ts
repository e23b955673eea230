/** @file Settings in a text of YAML, of which JSON is a part, with the line of each for messages. */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { ConfigError } from "../core/errors.js";
import type { Layer, Path } from "./resolve.js";

/** A step into a node: the offset of a key or an item, and what stands there. */
const stepInto = (
  node: unknown,
  key: string,
): { readonly offset: number | undefined; readonly node: unknown } | undefined => {
  if (isSeq(node)) {
    const item: unknown = node.items[Number(key)];
    return isNode(item) ? { offset: item.range?.[0], node: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return pair && { offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined, node: pair.value };
};

/** The line of a setting; of one that is not there, of the last group on its way. */
const lineOf = (doc: Document, lines: LineCounter, path: Path): number | undefined => {
  let node: unknown = doc.contents;
  let offset: number | undefined;
  for (const key of path) {
    const step = stepInto(node, key);
    if (step === undefined) break;
    ({ offset, node } = step);
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
};

/**
 * The value in a text, and what messages call its parts: `FILE, line 3: method.length`.
 *
 * - `source`: what messages call the text: its path
 * - `kind`: what it should be, such as `a recipe`
 * @returns a ConfigError that names the line, for text that is not YAML, a key that stands twice, an unknown tag
 */
export const parseYaml = (text: string, source: string, kind: string): E.Either<ConfigError, Layer> => {
  const [where, what] = [kind.replace(/^an? /, ""), `the file is not ${kind}`];
  const lines = new LineCounter();
  const doc = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Else a key that is a list or a map would be a warning of Node with the key's text; as a setting it is refused anyway.
    logLevel: "error",
  });
  const [fault] = [...doc.errors, ...doc.warnings];
  if (fault !== undefined) {
    const at = `${source}, line ${lines.linePos(fault.pos[0]).line}`;
    return E.left(new ConfigError({ where, what, expected: "YAML or JSON", got: fault.message, at }));
  }
  const nameOf = (path: Path): string => {
    const line = lineOf(doc, lines, path);
    return [
      ...(line === undefined ? [source] : [`${source}, line ${line}`]),
      ...(path.length > 0 ? [path.join(".")] : []),
    ].join(": ");
  };
  return pipe(
    E.tryCatch(
      () => (doc.toJS() ?? {}) as unknown,
      (cause) => new ConfigError({ where, what, got: (cause as Error).message, at: source }, { cause }),
    ),
    E.map((value) => ({ value, nameOf })),
  );
};
