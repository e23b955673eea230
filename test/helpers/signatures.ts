/** Parameters as the types have them: `x, { axis, keepDims }`, to hold the texts beside the functions to. */
import ts from "typescript";

const isArray = (checker: ts.TypeChecker, type: ts.Type): boolean =>
  checker.isArrayType(type) || checker.isTupleType(type);

/** The names of options that a parameter takes; nothing if it is another value. */
export const optionsOf = (checker: ts.TypeChecker, type: ts.Type): readonly string[] | undefined => {
  const given = checker.getNonNullableType(type);
  const parts = given.isUnion() ? given.types : [given];
  const names = parts
    .filter((part) => (part.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0)
    .filter((part) => !isArray(checker, part) && part.getCallSignatures().length === 0)
    .map((part) => checker.getPropertiesOfType(part).map(({ name }) => name))
    // Tensors are no options, nor are lists like the arguments of a function that is not known.
    .filter((all) => all.length > 0 && !all.includes("aval") && !all.includes("flatMap"));
  return names.length === 0 ? undefined : [...new Set(names.flat())];
};

interface Parameter {
  readonly name: string;
  readonly type: ts.Type;
  readonly rest: boolean;
}

/** Names of rest parameters whose type is a tuple of parameters. */
const REST = new Set(["args", "given"]);

/** The parameters of a call; those that are given as one tuple, by its labels. Of several tuples the `variant`. */
const expanded = (checker: ts.TypeChecker, call: ts.Signature, variant: number): readonly Parameter[] =>
  call.parameters.flatMap((parameter): readonly Parameter[] => {
    const { name, valueDeclaration } = parameter;
    const whole = checker.getTypeOfSymbol(parameter);
    const type = REST.has(name) && whole.isUnion() ? (whole.types[variant] ?? whole.types[0]) : whole;
    const rest =
      valueDeclaration !== undefined && ts.isParameter(valueDeclaration) && !!valueDeclaration.dotDotDotToken;
    if (!REST.has(name) || !checker.isTupleType(type)) return [{ name, type, rest }];
    const { labeledElementDeclarations: labels = [], elementFlags } = (type as ts.TypeReference).target as ts.TupleType;
    return checker.getTypeArguments(type as ts.TypeReference).map((element, i) => {
      const label = labels[i]?.name;
      const known = label !== undefined && ts.isIdentifier(label) ? label.text : "options";
      return { name: known, type: element, rest: (elementFlags[i] & ts.ElementFlags.Variable) !== 0 };
    });
  });

/** The parameters of a call, as a signature has them; in the first or the second form that it has. */
export const parametersOf = (checker: ts.TypeChecker, call: ts.Signature, variant = 0): string => {
  // Options after a value that stands for one of them are no parameter of the signature.
  const own = expanded(checker, call, variant).filter(({ name }) => name !== "more");
  const texts = own.map(({ name, type, rest }) => {
    if (rest) return `...${name}`;
    const named = name === "options" || name.startsWith("__");
    const options = named ? optionsOf(checker, type) : undefined;
    return options === undefined ? name : `{ ${options.join(", ")} }`;
  });
  return texts.join(", ");
};

/** The program of some files of the library, type-checked on demand. */
export const programOf = (root: string, files: readonly string[]): ts.Program => {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return ts.createProgram(files, { ...options, noEmit: true });
};
