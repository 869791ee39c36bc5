import { realpathSync } from "node:fs";
import { basename, delimiter, dirname, join, sep } from "node:path";
import { quoteForShell } from "../../core/value/quote-for-shell.ts";

/** What shows how the program was started. */
export interface ProgramStart {
  /** The path of the script that Node runs; npm and npx make links to it. */
  readonly script: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The Node that runs, by its path. */
  readonly node: string;
  /** Whether the sources of a clone run, and not an installed package. */
  readonly isClone: boolean;
}

const packageName = "@interlock-run/interlock";

/**
 * The beginning of a command that starts the program again, as the user started it: `interlock`, `npx interlock`, or a
 * path. Every hint begins with it, so that a hint can be typed as it stands.
 */
export function programName({ script, environment, isClone, node }: ProgramStart): string {
  const folders = dirname(script).split(sep);
  // npx links a package that is not installed here into a cache of its own. The registry's `interlock` is not ours.
  if (folders.includes("_npx")) return isClone ? "npx interlock" : `npx ${packageName}`;
  if (folders.slice(-2).join("/") === "node_modules/.bin") return "npx interlock";
  // npm sets this name for `npm run interlock`.
  if (environment["npm_lifecycle_event"] === "interlock") return "npm run -s interlock --";
  const isOnPath = (environment["PATH"] ?? "").split(delimiter).includes(dirname(script));
  if (basename(script) === "interlock" && isOnPath) return "interlock";
  return script.endsWith(".js") ? `${nodeWord(node, environment)} ${quoteForShell(script)}` : quoteForShell(script);
}

/** `node` where the shell finds the Node that runs now, or else its path: another one may be too old for us. */
function nodeWord(node: string, environment: NodeJS.ProcessEnv): string {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  // npx and `npm run` put these before the PATH for as long as they run.
  const own = folders.filter((folder) => !folder.endsWith(join("node_modules", ".bin")));
  const found = own.map((folder) => realPath(join(folder, "node"))).find((path) => path !== null);
  return found !== undefined && found === realPath(node) ? "node" : quoteForShell(node);
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
