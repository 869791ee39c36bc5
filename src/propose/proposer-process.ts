import { type ChildProcess, fork } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, type Result } from "../core/value/result.ts";
import type { ProposeRequest, Proposer } from "./proposer.ts";
import type { FromProposer, ProposerSpec, ToProposer } from "./proposer-spec.ts";

/** A proposer in a process of its own. */
export interface ProposerProcess {
  readonly proposer: Proposer;
  readonly pid: number;
  close(): void;
}

/** What a proposer's process may know of ours: how to find programs, speak a language and trust certificates. */
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
 * Starts a proposer's process. It gets a listed environment, its spec over the channel, and Node's permission model: it reads this
 * package and its libraries, no other file, writes nothing and starts nothing. It holds no credential but its provider's key.
 *
 * @param timeoutMs - a round that takes longer is a proposer that failed
 */
export function startProposerProcess(spec: ProposerSpec, timeoutMs: number): ProposerProcess {
  const self = fileURLToPath(import.meta.url);
  const child = fork(fileURLToPath(new URL(self.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url)), [], {
    cwd: "/",
    env: listedEnvironment(process.env),
    execArgv: ["--permission", ...readableFolders().map((path) => `--allow-fs-read=${path}`)],
    // What a provider says in an error is not for our terminal.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  tell(child, { kind: "start", spec });
  return {
    proposer: {
      id: spec.kind === "workflow" ? `${spec.workflow.name} ${spec.workflow.version}` : spec.id,
      kind: spec.kind === "workflow" ? "workflow" : "model",
      propose: (request) => askChild(child, request, timeoutMs),
    },
    // A process that could not be started has no id, and every request to it fails.
    pid: child.pid ?? -1,
    close: () => {
      if (child.connected) child.disconnect();
      child.kill("SIGKILL");
    },
  };
}

function listedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    environmentNames.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

/** Our own code, and the folders in which Node looks for its libraries, wherever those really are. */
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

function tell(child: ChildProcess, message: ToProposer): void {
  // A child that is gone is told of by its `exit`.
  child.send(message, () => undefined);
}

function askChild(
  child: ChildProcess,
  request: ProposeRequest,
  timeoutMs: number,
): Promise<Result<Uint8Array, readonly Problem[]>> {
  const { signal, onCall, ...sent } = request;
  return new Promise((resolve) => {
    const settle = (result: Result<Uint8Array, readonly Problem[]>): void => {
      clearTimeout(timer);
      child.off("message", hear);
      child.off("exit", gone);
      child.off("error", gone);
      signal.removeEventListener("abort", aborted);
      resolve(result);
    };
    const failed = (why: string): void => settle(fail([problem("E_PROPOSER_FAILED", "", `the proposer ${why}`)]));
    const hear = (message: unknown): void => {
      // From our own code, in a process we started.
      const said = message as FromProposer;
      if (said.kind === "called") onCall(said.call);
      if (said.kind === "proposed") settle(said.result);
    };
    const gone = (): void => failed("ended without an answer");
    const aborted = (): void => failed("was interrupted");
    const timer = setTimeout(() => failed(`gave no answer within ${timeoutMs} ms`), timeoutMs);
    child.on("message", hear);
    child.once("exit", gone);
    child.once("error", gone);
    signal.addEventListener("abort", aborted, { once: true });
    if (!child.connected) return gone();
    tell(child, { kind: "propose", request: sent });
  });
}
