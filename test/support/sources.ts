import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** One source file of the repository, path relative to its root. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Every TypeScript file below a folder, in a fixed order. */
export function sourcesBelow(folder: string): readonly Source[] {
  return textsBelow(folder, ["ts"]);
}

/** Every file with one of these endings below a folder, in a fixed order. */
export function textsBelow(folder: string, endings: readonly string[]): readonly Source[] {
  const isWanted = (name: string): boolean => endings.some((ending) => name.endsWith(`.${ending}`));
  const paths = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isWanted(entry.name) && !entry.parentPath.includes("node_modules"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
  return paths.map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, lines: text.split("\n") };
  });
}

const statically =
  /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+["']([^"']+)["']|(?:^|\n)\s*import\s+["']([^"']+)["']/g;
const dynamically = /import\(\s*["']([^"']+)["']\s*\)/g;

/**
 * What a file imports: repository paths for relative imports, names for packages. `import()` and imported types count.
 */
export function importsOf(source: Source): readonly string[] {
  return [...staticImportsOf(source), ...specifiersOf(source, dynamically)];
}

/** What is loaded, or read by the compiler, before the file itself. `import()` does not count. */
export function staticImportsOf(source: Source): readonly string[] {
  return specifiersOf(source, statically);
}

function specifiersOf(source: Source, pattern: RegExp): readonly string[] {
  return [...source.text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? "";
    return specifier.startsWith(".") ? normalize(join(dirname(source.path), specifier)) : specifier;
  });
}

/** Whether a file is a test, or exists only for tests. */
export function isTest(path: string): boolean {
  return (
    /\.(?:test|fixture)\.ts$/.test(path) ||
    path.startsWith("test/") ||
    path.includes("/testing/") ||
    path.includes("/testdata/")
  );
}

/** The files that import a name from a file of the repository, statically or with `import()`. Types count. */
export function importersOf(name: string, from: string, sources: readonly Source[]): readonly string[] {
  return sources.filter((source) => isImported(name, from, source)).map(({ path }) => path);
}

function isImported(name: string, from: string, source: Source): boolean {
  const clauses = [...source.text.matchAll(/\b(?:import|export)\s(?:type\s)?([^;'"]*?)\sfrom\s+["']([^"']+)["']/g)];
  const leadsThere = (specifier: string): boolean => normalize(join(dirname(source.path), specifier)) === from;
  const isNamed = clauses.some(
    ([, names = "", specifier = ""]) => leadsThere(specifier) && new RegExp(`\\b${name}\\b|\\*`).test(names),
  );
  // The use of a module that is loaded later is not analysed: it counts if the name occurs at all.
  const isLoaded = [...source.text.matchAll(dynamically)].some(([, specifier = ""]) => leadsThere(specifier));
  return isNamed || (isLoaded && new RegExp(`\\b${name}\\b`).test(source.text));
}
