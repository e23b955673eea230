/** Signatures as the types have them: `np.sum(x, { axis, keepDims })`, to hold the texts beside the functions to. */
import ts from "typescript";

/** Names of functions that give another one its signature. */
const MAKERS = new Set(["composite", "named", "takes"]);

/** The names of an object's properties, if it is one of options: named so, or taken apart where it is declared. */
const optionsOf = (checker: ts.TypeChecker, parameter: ts.Symbol): readonly string[] | undefined => {
  const declaration = parameter.valueDeclaration;
  if (declaration === undefined || !ts.isParameter(declaration) || declaration.dotDotDotToken !== undefined) return;
  const apart = ts.isObjectBindingPattern(declaration.name);
  if (!apart && parameter.name !== "options") return;
  const type = checker.getNonNullableType(checker.getTypeAtLocation(declaration));
  const parts = type.isUnion() ? type.types : [type];
  return [...new Set(parts.flatMap((part) => checker.getPropertiesOfType(part).map(({ name }) => name)))];
};

/** The parameters of a function, as a signature has them. */
export const parametersOf = (checker: ts.TypeChecker, f: ts.Expression): string => {
  const [signature] = checker.getTypeAtLocation(f).getCallSignatures();
  if (signature === undefined) throw new Error(`no function: ${f.getText()}`);
  const texts = signature.parameters.map((parameter) => {
    const options = optionsOf(checker, parameter);
    if (options !== undefined) return `{ ${options.join(", ")} }`;
    const declaration = parameter.valueDeclaration as ts.ParameterDeclaration;
    return declaration.dotDotDotToken === undefined ? parameter.name : `...${parameter.name}`;
  });
  return texts.join(", ");
};

export interface Given {
  readonly maker: string;
  /** The text in the source, and its node. */
  readonly text: string;
  readonly literal: ts.StringLiteralLike;
  readonly f: ts.Expression;
}

/** Calls that give a function, which is written there, its signature in a literal. */
export const givenIn = (source: ts.SourceFile): readonly Given[] => {
  const found: Given[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && MAKERS.has(node.expression.text)) {
      const [literal, f] = node.arguments;
      if (literal !== undefined && ts.isStringLiteralLike(literal) && f !== undefined) {
        found.push({ maker: node.expression.text, text: literal.text, literal, f });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

/** The library's program, type-checked on demand. */
export const libraryProgram = (root: string): ts.Program => {
  const path = `${root}/tsconfig.json`;
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return ts.createProgram([`${root}/lib/index.ts`, `${root}/lib/tree/index.ts`], { ...options, noEmit: true });
};
