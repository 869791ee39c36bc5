import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { SeededBug } from "./bugs.ts";

const root = new URL("../../src/", import.meta.url);

/**
 * Loads a module of the product with one defect in it: the whole graph behind it is loaded afresh under a query of its own, and
 * the edits are made on the text on its way in. Nothing on disk and nothing in production knows of it.
 */
export async function importWithBug<M>(path: string, bug: SeededBug, id: number): Promise<M> {
  const mark = `?bug=${id}`;
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      const isOurs = context.parentURL?.endsWith(mark) === true && resolved.url.startsWith(root.href);
      return isOurs ? { ...resolved, url: resolved.url + mark } : resolved;
    },
    load: (url, context, next) => {
      if (!url.endsWith(mark)) return next(url, context);
      const clean = url.slice(0, -mark.length);
      return { format: "module", source: stripTypeScriptTypes(editSource(clean, bug)), shortCircuit: true };
    },
  });
  try {
    // What a module exports is its own type's to say; the caller names it.
    return (await import(pathToFileURL(fileURLToPath(new URL(path, root))).href + mark)) as M;
  } finally {
    hooks.deregister();
  }
}

function editSource(url: string, bug: SeededBug): string {
  let source = readFileSync(fileURLToPath(url), "utf8");
  for (const edit of bug.edits)
    if (url.endsWith(`/src/${edit.file}`)) source = source.replace(edit.find, () => edit.replace);
  return source;
}

/** How often an edit's text stands in its file: exactly once, or the bug is not what it says. */
export function countOccurrences(edit: SeededBug["edits"][number]): number {
  return readFileSync(fileURLToPath(new URL(edit.file, root)), "utf8").split(edit.find).length - 1;
}
