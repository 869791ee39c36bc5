import { type ChildProcess, fork } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The environment variables that an isolated process gets: those for finding programs, language and certificates. */
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
 * Starts one of our modules in a process that may talk to a model. It gets only the listed environment variables.
 * Node's permission model lets it read this package and its libraries and nothing else, and lets it write nothing and
 * start nothing. Everything else that it learns, a provider's key included, comes over the channel.
 *
 * @param module - the module's URL without its ending, which is the ending of this file: `.ts` in the sources, `.js`
 *   once built
 */
export function startIsolatedProcess(module: URL): ChildProcess {
  const self = fileURLToPath(import.meta.url);
  return fork(`${fileURLToPath(module)}${self.endsWith(".ts") ? ".ts" : ".js"}`, [], {
    cwd: "/",
    env: listedEnvironment(process.env),
    execArgv: ["--permission", ...readableFolders().map((path) => `--allow-fs-read=${path}`)],
    // A provider's words in an error must not reach our terminal.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
}

function listedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    environmentNames.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

/** Our own code, and every folder in which Node looks for libraries, with the targets of links. */
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
