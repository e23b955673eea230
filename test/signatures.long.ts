/** The signatures beside functions, which calls are checked against, have the parameters and options that the types have. */
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../lib/core/errors.js";
import * as fluxion from "../lib/index.js";
import * as tree from "../lib/tree/index.js";
import { optionsOf, parametersOf, programOf } from "./helpers/signatures.js";

const Signatures = suite("signatures and types");

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const { np, lax, nn, random, ops, optim, prompt, t5 } = fluxion;
/** The rooms whose functions have signatures, by the file that exports them. */
const ROOMS: Readonly<Record<string, readonly [prefix: string, functions: object]>> = {
  "np/index.ts": ["np.", np],
  "np/linalg/index.ts": ["np.linalg.", np.linalg],
  "lax/index.ts": ["lax.", lax],
  "nn/index.ts": ["nn.", nn],
  "random/index.ts": ["random.", random],
  "ops/index.ts": ["ops.", ops],
  "optim/index.ts": ["optim.", optim],
  "tree/index.ts": ["tree.", tree],
  "t5/index.ts": ["t5.", t5],
  "prompt/index.ts": ["prompt.", prompt],
  "index.ts": ["", fluxion],
};

/** The signature that a function refuses too many arguments with; nothing if it takes any number, or is not checked. */
const signatureOf = async (f: (...args: unknown[]) => unknown): Promise<string | undefined> => {
  try {
    await f(...Array.from({ length: 20 }));
  } catch (error) {
    if (isFluxionError(error, "ArgumentError") && /too many arguments/.test(error.message))
      return error.mismatch.expected;
  }
  return undefined;
};

/** Options in any order, since unions have none: the names between braces, sorted. */
const sorted = (parameters: string): string =>
  parameters.replace(/\{ (.*?) \}/g, (_, names: string) => `{ ${names.split(", ").sort().join(", ")} }`);

/** Names that stand for other options, and are not in signatures. */
const SHORT = /, (?:b1|b2|eps|epsRoot)(?=[, ])/g;

Signatures("every signature has the parameters of the type", async () => {
  const program = programOf(root, [`${root}/lib/index.ts`, `${root}/lib/tree/index.ts`]);
  const checker = program.getTypeChecker();
  const problems: string[] = [];
  let compared = 0;
  for (const [file, [prefix, functions]] of Object.entries(ROOMS)) {
    const source = program.getSourceFile(`${root}/lib/${file}`) as ts.SourceFile;
    for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol)) {
      const f = (functions as Record<string, unknown>)[symbol.name];
      if (typeof f !== "function") continue;
      const text = await signatureOf(f as () => unknown);
      if (text === undefined) continue;
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const type = checker.getTypeOfSymbol(target);
      const [name] = text.split("(");
      const parameters = sorted(text.slice(name.length + 1, -1));
      // Of several overloads the last one takes the most.
      const fits = type.getCallSignatures().some((call) =>
        [0, 1].some((variant) => {
          const typed = `${parametersOf(checker, call, variant)} `.replace(SHORT, "").trim();
          return sorted(typed) === parameters;
        }),
      );
      compared++;
      if (!fits) {
        const typed = type.getCallSignatures().map((call) => parametersOf(checker, call));
        problems.push(`${prefix}${symbol.name}: ${text} but (${typed.join(") or (")})`);
      }
    }
  }
  assert.ok(compared > 450, `${compared} were compared`);
  assert.equal(problems, []);
});

/** What gives a function its signature. */
const MAKERS = ["takes", "takesLater", "promised", "throwing", "composite", "named"];

/** The text of a signature, also where it names options by constants; nothing where it is made at run time. */
const textOf = (checker: ts.TypeChecker, node: ts.Expression): string | undefined => {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  const types = node.templateSpans.map(({ expression }) => checker.getTypeAtLocation(expression));
  if (!types.every((type) => type.isStringLiteral())) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }, i) => types[i].value + literal.text).join("");
};

/** What differs between the options in a signature and those of the function beside it. */
const differenceOf = (checker: ts.TypeChecker, call: ts.CallExpression): string | undefined => {
  const [signature, f] = call.arguments;
  const text = textOf(checker, signature);
  if (text === undefined || f === undefined) return undefined;
  const names = /\{ ([^}]*) \}/.exec(text)?.[1].split(", ");
  const place = text
    .slice(text.indexOf("(") + 1)
    .replace(/\{[^}]*\}/, "{}")
    .split(", ")
    .findIndex((name) => name.startsWith("{}"));
  const parameter = checker.getTypeAtLocation(f).getCallSignatures()[0]?.parameters[place];
  if (names === undefined || parameter === undefined) return undefined;
  const typed = optionsOf(checker, checker.getTypeOfSymbolAtLocation(parameter, call)) ?? [];
  const wrong = [...names.filter((name) => !typed.includes(name)), ...typed.filter((name) => !names.includes(name))];
  return wrong.length === 0 ? "" : `${text}: ${wrong.join(", ")}`;
};

Signatures("the options of every signature are those of the function beside it", () => {
  const entries = [
    "",
    "data/",
    "methods/",
    "train/",
    "lab/",
    "io/",
    "tasks/",
    "tokenizer/",
    "metrics/",
    "viz/",
    "store/",
    "cli/",
  ];
  const program = programOf(
    root,
    entries.map((entry) => `${root}/lib/${entry}index.ts`),
  );
  const checker = program.getTypeChecker();
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && MAKERS.includes(node.expression.text)) {
      const difference = differenceOf(checker, node);
      if (difference !== undefined) found.push(difference);
    }
    ts.forEachChild(node, visit);
  };
  for (const source of program.getSourceFiles()) if (source.fileName.startsWith(`${root}/lib/`)) visit(source);
  assert.ok(found.length > 250, `${found.length} were compared`);
  assert.equal(
    found.filter((difference) => difference !== ""),
    [],
  );
});

Signatures.run();
