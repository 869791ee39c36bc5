import { type Declarations, type Origin, readDeclarations, resolveOurs } from "./declarations.ts";

/**
 * Every public type, as a text that changes when one of them does: what the entry exports, and each declaration that an
 * exported one leads to. Comments are no types and are left out.
 *
 * @param folder - emitted declarations
 * @param entry - the entry's declaration file in it
 */
export function describePublicApi(folder: string, entry: string): string {
  const read = new Map<string, Declarations>();
  const declarationsOf = (file: string): Declarations => {
    const known = read.get(file) ?? readDeclarations(folder, file);
    read.set(file, known);
    return known;
  };
  const { exports } = declarationsOf(entry);
  const reached = reach(folder, declarationsOf, [...exports.values()]);
  const foreign = [...reached.foreign].sort();
  return [
    "The public types of the package, written by `npm run api:accept`; a test compares them with the sources.",
    "",
    "exported:",
    ...[...exports.keys()].sort().map((name) => `  ${name}`),
    ...(foreign.length === 0 ? [] : ["", "from other packages:", ...foreign.map((name) => `  ${name}`)]),
    ...[...reached.ours.keys()].sort().flatMap((file) => describeFile(declarationsOf(file), reached.ours.get(file))),
    "",
  ].join("\n");
}

interface Reached {
  readonly ours: ReadonlyMap<string, ReadonlySet<string>>;
  readonly foreign: ReadonlySet<string>;
}

function reach(folder: string, declarationsOf: (file: string) => Declarations, from: readonly Origin[]): Reached {
  const ours = new Map<string, Set<string>>();
  const foreign = new Set<string>();
  const waiting = [...from];
  for (let origin = waiting.pop(); origin !== undefined; origin = waiting.pop()) {
    if (origin.kind === "foreign") {
      foreign.add(`${origin.specifier} ${origin.name}`);
      continue;
    }
    const { file, name } = origin;
    const names = ours.get(file) ?? new Set();
    if (names.has(name)) continue;
    const declarations = declarationsOf(file);
    const own = declarations.statements.filter(({ declares }) => declares === name);
    if (own.length === 0) {
      // Handed on from another file, maybe under another name.
      const further = declarations.exports.get(name) ?? declarations.imports.get(name);
      if (further === undefined || (further.kind === "ours" && further.file === file && further.name === name))
        throw new Error(`${file} does not declare ${name}`);
      waiting.push(further);
      continue;
    }
    ours.set(file, names.add(name));
    for (const { text } of own) waiting.push(...namesIn(folder, declarations, text));
  }
  return { ours, foreign };
}

/**
 * Everything that a declaration names. Types begin with a capital in this house; a value stands in a type only after
 * `typeof` or in brackets, so a method of the same name is not taken for it.
 */
function namesIn(folder: string, declarations: Declarations, text: string): readonly Origin[] {
  const { file, statements, imports } = declarations;
  const declared = new Set(statements.map(({ declares }) => declares));
  const words = new Set([...text.matchAll(/\b[A-Z][\w$]*|(?<=typeof |\[)[\w$]+/g)].map(([word]) => word));
  const named = [...words].flatMap((name): readonly Origin[] => {
    const imported = imports.get(name);
    if (imported !== undefined) return [imported];
    return declared.has(name) ? [{ kind: "ours", file, name }] : [];
  });
  const inline = [...text.matchAll(/import\("([^"]+)"\)\.([\w$]+)/g)].map(([, specifier = "", name = ""]): Origin => {
    if (!specifier.startsWith(".")) return { kind: "foreign", specifier, name };
    return { kind: "ours", file: resolveOurs(folder, file, specifier), name };
  });
  return [...named, ...inline];
}

function describeFile({ file, statements }: Declarations, names: ReadonlySet<string> | undefined): readonly string[] {
  const shown = statements.filter(({ declares }) => declares !== null && names?.has(declares) === true);
  return ["", `--- ${file.replace(/\.d\.ts$/, "")}`, ...shown.map(({ text }) => text)];
}
