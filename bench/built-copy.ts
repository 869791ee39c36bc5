import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { root } from "../packaging/run-tsc.ts";

/**
 * Lays the built package out in a folder without its sources, as an installed package is, so that the command loads
 * what was built.
 *
 * @returns the command
 */
export function layOutBuilt(folder: string): string {
  for (const part of ["bin", "dist", "packs", "schemas", "examples", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return join(folder, "bin/interlock.js");
}
