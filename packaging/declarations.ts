import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** A top-level statement of an emitted declaration file, without its comments. */
export interface Statement {
  readonly text: string;
  /** The name that it declares, or `null` for an import, a re-export or an empty export. */
  readonly declares: string | null;
}

/** Where a name comes from: declared in `file` (relative to the folder) as `name`, or from another package. */
export type Origin =
  | { readonly kind: "ours"; readonly file: string; readonly name: string }
  | { readonly kind: "foreign"; readonly specifier: string; readonly name: string };

/** What an emitted declaration file says. */
export interface Declarations {
  readonly file: string;
  readonly statements: readonly Statement[];
  /** Names from elsewhere, by their name in this file. */
  readonly imports: ReadonlyMap<string, Origin>;
  /** What the file exports, by the exported name. A name of its own counts as one of this file. */
  readonly exports: ReadonlyMap<string, Origin>;
  /** Our files from which it exports everything with `export *`. */
  readonly handsOn: readonly string[];
  /** Every file of ours that it names, also inside a type. */
  readonly files: readonly string[];
}

const importOrExport = /^(import|export)\s+(?:type\s+)?\{([^}]*)\}(?:\s+from\s+"([^"]+)")?;$/s;
const wholeFile = /^export type \* from "(\.[^"]+)";$/;
const declaration =
  /^(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:interface|type|class|const|let|var|function)\s+([\w$]+)/;

/**
 * Reads a declaration file as TypeScript emits it from sources of this repository: no default exports, no namespaces. A
 * statement of any other kind is refused, so that nothing is left out unnoticed.
 */
export function readDeclarations(folder: string, file: string): Declarations {
  const imports = new Map<string, Origin>();
  const exports = new Map<string, Origin>();
  const statements: Statement[] = [];
  const handsOn: string[] = [];
  const source = withoutComments(readFileSync(join(folder, file), "utf8"));
  for (const text of splitStatements(source)) {
    const list = importOrExport.exec(text);
    const declares = declaration.exec(text)?.[1] ?? null;
    if (list !== null) {
      const [, keyword, names = "", specifier] = list;
      for (const { name, as } of readNames(names)) {
        const origin = originOf(folder, file, specifier, name);
        (keyword === "import" ? imports : exports).set(as, origin);
      }
    } else if (wholeFile.test(text)) {
      handsOn.push(resolveOurs(folder, file, wholeFile.exec(text)?.[1] ?? ""));
    } else if (declares !== null) {
      statements.push({ text, declares });
      if (text.startsWith("export ")) exports.set(declares, { kind: "ours", file, name: declares });
    } else if (!/^import "[^"]+";$/.test(text)) {
      throw new Error(`${file}: a statement of a kind not known: ${text.slice(0, 80)}`);
    }
  }
  const files = [...source.matchAll(/(?:from |import\()"(\.[^"]+)"/g)].map(([, specifier = ""]) =>
    resolveOurs(folder, file, specifier),
  );
  return { file, statements, imports, exports, handsOn, files: [...new Set(files)] };
}

/** The entry and every declaration file that it leads to. */
export function reachableDeclarations(folder: string, entry: string): readonly Declarations[] {
  const found = new Map<string, Declarations>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    const read = readDeclarations(folder, file);
    found.set(file, read);
    waiting.push(...read.files);
  }
  return [...found.values()].sort((left, right) => (left.file < right.file ? -1 : 1));
}

/** The declaration file behind `./plan.ts` or `./plan.js`, relative to the folder. */
export function resolveOurs(folder: string, from: string, specifier: string): string {
  const path = join(dirname(from), specifier.replace(/\.[jt]s$/, ".d.ts"));
  if (!existsSync(join(folder, path))) throw new Error(`${from} names ${specifier}, and there is no ${path}`);
  return relative(".", path);
}

function originOf(folder: string, file: string, specifier: string | undefined, name: string): Origin {
  if (specifier === undefined) return { kind: "ours", file, name };
  return specifier.startsWith(".")
    ? { kind: "ours", file: resolveOurs(folder, file, specifier), name }
    : { kind: "foreign", specifier, name };
}

function readNames(text: string): readonly { readonly name: string; readonly as: string }[] {
  return text
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .filter((part) => part !== "")
    .map((part) => {
      const [name = "", as = name] = part.split(/\s+as\s+/);
      return { name, as };
    });
}

/** Removes comments but not strings: a type may contain text that looks like a comment. */
function withoutComments(text: string): string {
  return text.replaceAll(
    /("(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, kept?: string) => kept ?? "",
  );
}

/** A block without a semicolon ends with its brace. Everything else ends with a semicolon outside of brackets. */
function splitStatements(text: string): readonly string[] {
  const statements: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|[{}()[\];]/g)) {
    if (token === "{" || token === "(" || token === "[") depth += 1;
    if (token === "}" || token === ")" || token === "]") depth -= 1;
    const written = text.slice(start, index + 1).trim();
    const isBlock = /^(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:interface|class)\s/.test(written);
    if (depth > 0 || (token !== ";" && !(token === "}" && isBlock))) continue;
    statements.push(written.replaceAll(/\n\s*\n/g, "\n"));
    start = index + 1;
  }
  return statements;
}
