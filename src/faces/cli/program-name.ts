import { basename, delimiter, dirname, sep } from "node:path";
import { quoteForShell } from "./quote-for-shell.ts";

/** What shows how the program was started. */
export interface ProgramStart {
  /** The path of the script that Node runs; npm and npx make links to it. */
  readonly script: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Whether the sources of a clone run, and not an installed package. */
  readonly isClone: boolean;
}

const packageName = "@interlock-run/interlock";

/**
 * The beginning of a command that starts the program again, as the user started it: `interlock`, `npx interlock`, or a
 * path. Every hint begins with it, so that a hint can be typed as it stands.
 */
export function programName({ script, environment, isClone }: ProgramStart): string {
  const folders = dirname(script).split(sep);
  // npx links a package that is not installed here into a cache of its own. The registry's `interlock` is not ours.
  if (folders.includes("_npx")) return isClone ? "npx interlock" : `npx ${packageName}`;
  if (folders.slice(-2).join("/") === "node_modules/.bin") return "npx interlock";
  // npm sets this name for `npm run interlock`.
  if (environment["npm_lifecycle_event"] === "interlock") return "npm run -s interlock --";
  const isOnPath = (environment["PATH"] ?? "").split(delimiter).includes(dirname(script));
  if (basename(script) === "interlock" && isOnPath) return "interlock";
  return script.endsWith(".js") ? `node ${quoteForShell(script)}` : quoteForShell(script);
}
