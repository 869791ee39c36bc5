import { type Declarations, type Origin, readDeclarations, resolveOurs, type Statement } from "./declarations.ts";

/** A declaration that the entry's exports lead to. */
export interface PublicDeclaration {
  /** The file that declares it, relative to the folder of declarations and without its ending. */
  readonly file: string;
  readonly name: string;
  /** Whether it is a type: an interface, an alias or a class. */
  readonly isType: boolean;
  /** Whether the entry exports it, under this name. */
  readonly isExported: boolean;
}

/** Everything that the exports of the entry lead to, by file and name. */
export function listPublicDeclarations(folder: string, entry: string): readonly PublicDeclaration[] {
  const { ours, exported, declarationsOf } = readPublicApi(folder, entry);
  return [...ours.keys()].sort().flatMap((file) =>
    shownOf(declarationsOf(file), ours.get(file)).map(({ text, declares }) => ({
      file: file.replace(/\.d\.ts$/, ""),
      name: declares ?? "",
      isType: /^(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:interface|type|class)\s/.test(text),
      isExported: [...exported].some(
        ([name, origin]) => name === declares && origin.kind === "ours" && origin.file === file,
      ),
    })),
  );
}

/**
 * Every public type, as a text that changes when one of them does: what the entry exports, and each declaration that an
 * exported one leads to. Comments are left out, because they are not part of a type.
 *
 * @param folder - emitted declarations
 * @param entry - the entry's declaration file in it
 */
export function describePublicApi(folder: string, entry: string): string {
  const { ours, foreign, exported, declarationsOf } = readPublicApi(folder, entry);
  return [
    "The public types of the package, written by `npm run api:accept`; a test compares them with the sources.",
    "",
    "exported:",
    ...[...exported.keys()].sort().map((name) => `  ${name}`),
    ...(foreign.size === 0 ? [] : ["", "from other packages:", ...[...foreign].sort().map((name) => `  ${name}`)]),
    ...[...ours.keys()].sort().flatMap((file) => describeFile(declarationsOf(file), ours.get(file))),
    "",
  ].join("\n");
}

type ReadDeclarations = (file: string) => Declarations;

interface PublicApi extends Reached {
  /** The exports of the entry, each with the place that declares it. */
  readonly exported: ReadonlyMap<string, Origin>;
  readonly declarationsOf: ReadDeclarations;
}

interface Reached {
  readonly ours: ReadonlyMap<string, ReadonlySet<string>>;
  readonly foreign: ReadonlySet<string>;
}

function readPublicApi(folder: string, entry: string): PublicApi {
  const read = new Map<string, Declarations>();
  const declarationsOf = (file: string): Declarations => {
    const known = read.get(file) ?? readDeclarations(folder, file);
    read.set(file, known);
    return known;
  };
  const exported = new Map(
    [...exportsOf(declarationsOf, entry)].map(([name, origin]) => [name, whereDeclared(declarationsOf, origin)]),
  );
  return { ...reach(folder, declarationsOf, [...exported.values()]), exported, declarationsOf };
}

/** The exports of a file, including those that it passes on from other files. */
function exportsOf(declarationsOf: ReadDeclarations, file: string): ReadonlyMap<string, Origin> {
  const { exports, handsOn } = declarationsOf(file);
  return new Map([...handsOn.flatMap((other) => [...exportsOf(declarationsOf, other)]), ...exports]);
}

/** Follows a name that another file passes on, perhaps under a different name, to the file that declares it. */
function whereDeclared(declarationsOf: ReadDeclarations, origin: Origin): Origin {
  if (origin.kind === "foreign") return origin;
  const { file, name } = origin;
  const { statements, imports } = declarationsOf(file);
  if (statements.some(({ declares }) => declares === name)) return origin;
  const further = exportsOf(declarationsOf, file).get(name) ?? imports.get(name);
  if (further === undefined || (further.kind === "ours" && further.file === file && further.name === name))
    throw new Error(`${file} does not declare ${name}`);
  return whereDeclared(declarationsOf, further);
}

function reach(folder: string, declarationsOf: ReadDeclarations, from: readonly Origin[]): Reached {
  const ours = new Map<string, Set<string>>();
  const foreign = new Set<string>();
  const followed = new Set<string>();
  const waiting: Named[] = from.map((origin) => ({ origin, isKeysOnly: false }));
  for (let named = waiting.pop(); named !== undefined; named = waiting.pop()) {
    const origin = whereDeclared(declarationsOf, named.origin);
    if (origin.kind === "foreign") {
      foreign.add(`${origin.specifier} ${origin.name}`);
      continue;
    }
    const { file, name } = origin;
    ours.set(file, (ours.get(file) ?? new Set()).add(name));
    if (named.isKeysOnly || followed.has(`${file} ${name}`)) continue;
    followed.add(`${file} ${name}`);
    const declarations = declarationsOf(file);
    for (const { text, declares } of declarations.statements)
      if (declares === name) waiting.push(...namesIn(folder, declarations, text));
  }
  return { ours, foreign };
}

/** A name in a declaration. */
interface Named {
  readonly origin: Origin;
  /** Only the keys of this value matter here: `keyof typeof table` says nothing about the values of the table. */
  readonly isKeysOnly: boolean;
}

/**
 * Everything that a declaration names. Types begin with a capital in this repository. A value is part of a type only
 * after `typeof` or in brackets, so a method of the same name is not mistaken for it.
 */
function namesIn(folder: string, declarations: Declarations, text: string): readonly Named[] {
  const { file, statements, imports } = declarations;
  const declared = new Set(statements.map(({ declares }) => declares));
  const words = new Set([...text.matchAll(/\b[A-Z][\w$]*|(?<=typeof |\[)[\w$]+/g)].map(([word]) => word));
  const named = [...words].flatMap((name): readonly Named[] => {
    const isKeysOnly = !new RegExp(`(?<!\\bkeyof typeof )\\b${name}\\b`).test(text);
    const imported = imports.get(name);
    if (imported !== undefined) return [{ origin: imported, isKeysOnly }];
    return declared.has(name) ? [{ origin: { kind: "ours", file, name }, isKeysOnly }] : [];
  });
  const inline = [...text.matchAll(/import\("([^"]+)"\)\.([\w$]+)/g)].map(([, specifier = "", name = ""]): Named => {
    const origin: Origin = specifier.startsWith(".")
      ? { kind: "ours", file: resolveOurs(folder, file, specifier), name }
      : { kind: "foreign", specifier, name };
    return { origin, isKeysOnly: false };
  });
  return [...named, ...inline];
}

function describeFile(declarations: Declarations, names: ReadonlySet<string> | undefined): readonly string[] {
  const { file } = declarations;
  return ["", `--- ${file.replace(/\.d\.ts$/, "")}`, ...shownOf(declarations, names).map(({ text }) => text)];
}

function shownOf({ statements }: Declarations, names: ReadonlySet<string> | undefined): readonly Statement[] {
  return statements.filter(({ declares }) => declares !== null && names?.has(declares) === true);
}
