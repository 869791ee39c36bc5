import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { readBuiltins } from "./builtin-imports.ts";
import { bundledLibraries, isExternal, licencesFile } from "./bundled.ts";
import { root } from "./run-tsc.ts";
import { type CommandKind, type ModuleGraph, sharesOf } from "./shares.ts";

/**
 * What is loaded together: for each kind of command, the modules at which it begins. Modules that the same kinds load
 * become one file, because finding and opening a file takes time as well. A module in no list is loaded alone; so
 * a list that misses one costs time, and nothing else.
 */
const kinds: Readonly<Record<string, CommandKind>> = {
  start: { begins: /^faces\/cli\/main\.js$/, isFirst: true },
  help: { begins: /^faces\/cli\/commands\// },
  site: { begins: /^(interlock|flow\/arrows|flow\/site\/(open-door|refuse-reading))\.js$/ },
  check: { begins: /^(faces\/cli\/commands\/check|flow\/site\/check|packs\/read-situation)\.js$/, after: "site" },
  plan: {
    begins: /^(faces\/cli\/commands\/plan|flow\/plan\/(plan|show)|log\/sqlite\/(open|reader))\.js$/,
    after: "site",
  },
  review: {
    begins: /^(flow\/(approve\/[\w-]+|plan\/show|tell\/plans)|log\/sqlite\/(open|reader))\.js$/,
    after: "site",
  },
  run: { begins: /^(flow\/apply\/[\w-]+|flow\/plan\/dry-run|log\/sqlite\/(open|reader))\.js$/, after: "site" },
  tell: { begins: /^(flow\/tell\/[\w-]+|log\/sqlite\/reader)\.js$/, after: "site" },
  keep: { begins: /^(flow\/upkeep\/[\w-]+|log\/(sqlite\/[\w-]+|mirror))\.js$/, after: "site" },
  setup: { begins: /^flow\/site\/(init|identities|trust|examine|settings)\.js$/, after: "site" },
  decide: { begins: /^flow\/(decide|respond|propose)\/[\w-]+\.js$/, after: "site" },
};

/** Puts the built modules of the command together in a few files, with the libraries that most commands need. */
export async function bundleCommand(dist: string): Promise<void> {
  const entry = join(dist, "faces/cli/main.js");
  const bundle = await rolldown({
    input: { main: entry },
    platform: "node",
    external: isExternal,
    // Files import what they need from the first one too.
    preserveEntrySignatures: "allow-extension",
    plugins: [{ name: "builtins", renderChunk: readBuiltins }],
  });
  let shares: ReadonlyMap<string, string> | null = null;
  const nameOf = (id: string, graph: ModuleGraph): string | null => {
    shares ??= sharesOf(graph, { entry, below: dist, kinds });
    return shares.get(id) ?? null;
  };
  const folder = join(dist, "cli");
  // Flat, because modules find the package's other folders from theirs, which is one level below dist/ too.
  await bundle.write({
    dir: folder,
    format: "esm",
    chunkFileNames: "[name]-[hash].js",
    // No file that is loaded by more kinds imports one that is loaded by fewer, so the files' order is kept without
    // following the imports of each module.
    codeSplitting: { groups: [{ debugName: "kinds", name: nameOf, includeDependenciesRecursively: false }] },
  });
  await bundle.close();
  writeFileSync(join(folder, licencesFile), licences());
}

/** The licences of the libraries that are bundled. A library without the text of its licence cannot be. */
function licences(): string {
  const texts = bundledLibraries.map((library) => {
    const folder = join(root, "node_modules", library);
    const file = readdirSync(folder).find((name) => /^licen[cs]e(\.\w+)?$/i.test(name));
    if (file === undefined) throw new Error(`${library} has no file with its licence`);
    // The manifest of a published package.
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string };
    return `${library} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return `The files in this folder hold parts of these libraries.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}
