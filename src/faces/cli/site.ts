import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";

/**
 * The configuration file that was asked for, or else the nearest interlock.yaml upwards as far as the repository's
 * root, or else `null`.
 */
export function configPath(context: CliContext, globals: GlobalOptions): string | null {
  if (globals.config !== null) return resolve(context.cwd, globals.config);
  for (let folder = context.cwd; ; folder = dirname(folder)) {
    const path = join(folder, "interlock.yaml");
    if (existsSync(path)) return path;
    if (existsSync(join(folder, ".git")) || dirname(folder) === folder) return null;
  }
}

/**
 * The folder of the store: the one that was asked for, or else `.interlock/` beside interlock.yaml or in the present
 * folder.
 */
export function storeFolder(context: CliContext, globals: GlobalOptions): string {
  if (globals.store !== null) return resolve(context.cwd, globals.store);
  const config = configPath(context, globals);
  return join(config === null ? context.cwd : dirname(config), ".interlock");
}

/** A plan as typed: an id stays as it is, and a path is relative to the present folder. */
export function planArgument(context: CliContext, wanted: string): string {
  return wanted === "last" || /^(?:pl_|sha256:)?[0-9a-f]{6,64}$/.test(wanted) ? wanted : resolve(context.cwd, wanted);
}
