import { type ChildProcess, fork } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What an isolated process may know of ours: how to find programs, speak a language and trust certificates. */
const environmentNames = [
  "PATH",
  "LANG",
  "LC_ALL",
  "TZ",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
] as const;

/**
 * Starts a process that may talk to a model, on a module of ours. It gets a listed environment and runs under Node's
 * permission model: it reads this package and its libraries and no other file, writes nothing and starts nothing. All
 * it learns besides, a provider's key included, comes over the channel.
 *
 * @param module - the module's URL without its ending, which is the one of this file: `.ts` in the sources, `.js` once
 * built
 */
export function startIsolatedProcess(module: URL): ChildProcess {
  const self = fileURLToPath(import.meta.url);
  return fork(`${fileURLToPath(module)}${self.endsWith(".ts") ? ".ts" : ".js"}`, [], {
    cwd: "/",
    env: listedEnvironment(process.env),
    execArgv: ["--permission", ...readableFolders().map((path) => `--allow-fs-read=${path}`)],
    // A provider's words in an error are not for our terminal.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
}

function listedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    environmentNames.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

/** Our own code, and every folder in which Node looks for libraries, also where links lead to another place. */
function readableFolders(): readonly string[] {
  const own = fileURLToPath(new URL("../", import.meta.url));
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const library = realpathSync(fileURLToPath(import.meta.resolve("ai")));
  const real = library.slice(0, library.lastIndexOf("node_modules/") + "node_modules/".length);
  const found: string[] = [`${own}*`, join(root, "package.json"), `${real}*`];
  for (let folder = root; ; folder = dirname(folder)) {
    found.push(join(folder, "node_modules", "*"));
    if (dirname(folder) === folder) return found;
  }
}
