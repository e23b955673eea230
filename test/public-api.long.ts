/** @file The types of what users can import. A change of them is a change of the API: it shows in `public-api.txt`. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { programOf } from "./helpers/signatures.js";

const PublicApi = suite("public-api");
const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const report = fileURLToPath(new URL("public-api.txt", import.meta.url));

type Entry = { readonly "fluxion-source": string };
const { exports } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as {
  readonly exports: Readonly<Record<string, string | Entry>>;
};
const entries = Object.entries(exports).flatMap(([path, target]) =>
  typeof target === "string" || target["fluxion-source"] === undefined
    ? []
    : [[path.replace(/^\./, "fluxion"), `${root}/${target["fluxion-source"].slice(2)}`] as const],
);

const FLAGS =
  ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.WriteArrayAsGenericType;

/** Most characters of a line; of a longer one a digest stands for the rest. */
const MOST = 1500;
const shortened = (line: string): string =>
  line.length <= MOST
    ? line
    : `${line.slice(0, MOST)}... ${createHash("sha256").update(line).digest("hex").slice(0, 16)}`;

/** A type in one line, without the places of its files. */
const textOf = (checker: ts.TypeChecker, type: ts.Type): string =>
  checker
    .typeToString(type, undefined, FLAGS)
    .replace(/import\("[^"]*"\)\./g, "")
    .replace(/\s+/g, " ");

/** `{ name: type }` of an interface or a class; other types as they are. */
const declared = (checker: ts.TypeChecker, type: ts.Type): string => {
  if (!type.isClassOrInterface()) return textOf(checker, type);
  const properties = checker.getPropertiesOfType(type).filter(({ name }) => !name.startsWith("__@"));
  const texts = properties.map((property) => {
    const optional = property.flags & ts.SymbolFlags.Optional ? "?" : "";
    return `${property.name}${optional}: ${textOf(checker, checker.getTypeOfSymbol(property))}`;
  });
  return `{ ${[...texts, ...type.getCallSignatures().map((call) => checker.signatureToString(call))].join("; ")} }`;
};

const linesOf = (checker: ts.TypeChecker, module: ts.Symbol, before: string): string[] =>
  checker.getExportsOfModule(module).flatMap((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const name = `${before}${symbol.name}`;
    if (target.flags & ts.SymbolFlags.ValueModule) return linesOf(checker, target, `${name}.`);
    const lines: string[] = [];
    if (target.flags & ts.SymbolFlags.Value) lines.push(`${name}: ${textOf(checker, checker.getTypeOfSymbol(target))}`);
    if (target.flags & ts.SymbolFlags.Type) {
      lines.push(`type ${name}: ${declared(checker, checker.getDeclaredTypeOfSymbol(target))}`);
    }
    return lines;
  });

PublicApi("the types of every entry are those of the report", () => {
  const program = programOf(
    root,
    entries.map(([, file]) => file),
  );
  const checker = program.getTypeChecker();
  const lines = entries.flatMap(([specifier, file]) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol;
    // What has its own sub-path is listed there.
    const own = linesOf(checker, module, "").filter((line) => {
      const room = /^(?:type )?(\w+)\./.exec(line)?.[1];
      return specifier !== "fluxion" || room === undefined || exports[`./${room}`] === undefined;
    });
    return own.map((line) => shortened(`${specifier} ${line}`));
  });
  const text = `${[...new Set(lines)].sort().join("\n")}\n`;
  if (process.env.FLUXION_WRITE_NAMES !== undefined) writeFileSync(report, text);
  assert.ok(existsSync(report));
  assert.is(text, readFileSync(report, "utf8"), "write it anew with FLUXION_WRITE_NAMES=1, and look at the difference");
});

PublicApi.run();
