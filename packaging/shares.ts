import { relative, sep } from "node:path";

/** What a bundler knows about the imports of modules. */
export interface ModuleGraph {
  getModuleInfo(
    id: string,
  ): { readonly importedIds: readonly string[]; readonly dynamicallyImportedIds: readonly string[] } | null;
}

/** Commands that load much the same. */
export interface CommandKind {
  /** The modules at which it begins: the entry, or modules that are imported dynamically. */
  readonly begins: RegExp;
  /** The kind that is always loaded before this one. */
  readonly after?: string;
  /** Whether it is always loaded before every other one. */
  readonly isFirst?: boolean;
}

/** Where the modules are, and which kinds of command begin at which of them. */
export interface Sharing {
  readonly entry: string;
  readonly below: string;
  readonly kinds: Readonly<Record<string, CommandKind>>;
}

/**
 * For each module that some kind of command loads: the names of all kinds that do, in one. A kind loads the modules at
 * which it begins, everything that those import, and what the kinds before it load. So whatever a module imports is
 * loaded by at least the same kinds: files made of modules with the same name import one another in no cycle.
 */
export function sharesOf(graph: ModuleGraph, { entry, below, kinds }: Sharing): ReadonlyMap<string, string> {
  const entries = entriesOf(graph, entry);
  const loadedBy = new Map<string, Set<string>>();
  for (const [kind, { begins }] of Object.entries(kinds)) {
    const roots = entries.filter((id) => begins.test(relative(below, id).split(sep).join("/")));
    if (roots.length === 0) throw new Error(`no module is loaded first by the kind of commands "${kind}"`);
    for (const id of importsOf(graph, roots)) loadedBy.set(id, (loadedBy.get(id) ?? new Set()).add(kind));
  }
  return new Map([...loadedBy].map(([id, by]) => [id, nameOf(by, kinds)]));
}

/** What else loads a module of a kind that comes before others goes without saying. */
function nameOf(by: ReadonlySet<string>, kinds: Sharing["kinds"]): string {
  const first = [...by].find((kind) => kinds[kind]?.isFirst === true);
  if (first !== undefined) return first;
  return [...by].filter((kind) => !by.has(kinds[kind]?.after ?? "")).join("-");
}

/** The entry, and every module that another one imports dynamically. */
function entriesOf(graph: ModuleGraph, entry: string): readonly string[] {
  const found = new Set([entry]);
  const seen = new Set<string>();
  for (const first of found)
    for (const id of importsOf(graph, [first])) {
      if (seen.has(id)) continue;
      seen.add(id);
      for (const next of graph.getModuleInfo(id)?.dynamicallyImportedIds ?? []) found.add(next);
    }
  return [...found];
}

/** These modules and everything that they import, directly or not. */
function importsOf(graph: ModuleGraph, roots: readonly string[]): ReadonlySet<string> {
  const found = new Set(roots);
  for (const id of found) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  return found;
}
