import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { root } from "../support/sources.ts";
import { editSource } from "./edit-source.ts";
import type { SeededBug } from "./seeded-bug.ts";

const rootUrl = pathToFileURL(root).href;

/**
 * Loads the module at `path`, relative to the repository, with one bug in it. Everything that it imports is loaded
 * again under a query of its own. The edits are made as the text is loaded: no file changes, and the product needs no
 * hook for this.
 */
export async function importWithBug<M>(path: string, bug: SeededBug, id: number): Promise<M> {
  const mark = `?bug=${id}`;
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      const isOurs =
        context.parentURL?.endsWith(mark) === true &&
        resolved.url.startsWith(rootUrl) &&
        !resolved.url.includes("/node_modules/");
      return isOurs ? { ...resolved, url: resolved.url + mark } : resolved;
    },
    load: (url, context, next) => {
      if (!url.endsWith(mark)) return next(url, context);
      const clean = url.slice(0, -mark.length);
      return { format: "module", source: readWithBug(clean, bug), shortCircuit: true };
    },
  });
  try {
    // The caller gives the type of the module's exports.
    return (await import(rootUrl + path + mark)) as M;
  } finally {
    hooks.deregister();
  }
}

/** Sources without a bug and without types. Nearly all of them are the same for every bug. */
const strippedSources = new Map<string, string>();

function readWithBug(url: string, bug: SeededBug): string {
  const edits = bug.edits.filter(({ file }) => url === rootUrl + file);
  const known = edits.length === 0 ? strippedSources.get(url) : undefined;
  if (known !== undefined) return known;
  const stripped = stripTypeScriptTypes(edits.reduce(editSource, readFileSync(fileURLToPath(url), "utf8")));
  if (edits.length === 0) strippedSources.set(url, stripped);
  return stripped;
}
