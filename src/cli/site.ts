import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";

/** The site's configuration file: as asked, else the nearest interlock.yaml upwards to the repository's root, else `null`. */
export function configPath(context: CliContext, globals: GlobalOptions): string | null {
  if (globals.config !== null) return resolve(context.cwd, globals.config);
  for (let folder = context.cwd; ; folder = dirname(folder)) {
    const path = join(folder, "interlock.yaml");
    if (existsSync(path)) return path;
    if (existsSync(join(folder, ".git")) || dirname(folder) === folder) return null;
  }
}

/** The store's folder: as asked, else `.interlock/` beside interlock.yaml, else in the present folder. */
export function storeFolder(context: CliContext, globals: GlobalOptions): string {
  if (globals.store !== null) return resolve(context.cwd, globals.store);
  const config = configPath(context, globals);
  return join(config === null ? context.cwd : dirname(config), ".interlock");
}
