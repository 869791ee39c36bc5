import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./sources.ts";

/** Every page for readers, by its path from the root. */
export const documentPaths: readonly string[] = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "GLOSSARY.md",
  "CHANGELOG.md",
  ...["docs", "packs", "lab", "examples", "simulation", "bench"].flatMap(pagesBelow),
];

function pagesBelow(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && !file.includes("node_modules"))
    .map((file) => join(folder, file))
    .sort();
}
