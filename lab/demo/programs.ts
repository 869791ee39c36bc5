import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** A program of this repository, run as a reader would run it. */
export interface Program {
  readonly kind: "interlock" | "lab";
  readonly args: readonly string[];
}

/** How a program ended, and what it said on stdout. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
}

/** Where programs of one demonstration work. */
export interface Workplace {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** The programs that run now, which we have to end. */
const running = new Set<{ readonly child: ChildProcess; readonly closed: Promise<unknown> }>();

/** Ends everything that still runs: asks first, then kills. */
export async function endPrograms(): Promise<void> {
  for (const { child, closed } of [...running]) {
    child.kill("SIGINT");
    // The second interrupt leaves a run as it is. Its world is about to go anyway.
    const impatient = setTimeout(() => child.kill("SIGINT"), 1_000);
    const deadly = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await closed;
    clearTimeout(impatient);
    clearTimeout(deadly);
  }
}

/** How a program's output is treated. */
export interface Listening {
  readonly quiet: boolean;
  /**
   * Whether the program has the terminal, so that Ctrl-C reaches it. Otherwise it has a process group of its own, and
   * we pass signals on.
   */
  readonly terminal: boolean;
  readonly hear: (line: string) => void;
}

/** Starts a program. Every line on its stderr is passed on, and given to `hear`. */
export function startProgram(
  program: Program,
  workplace: Workplace,
  options: Listening,
): { readonly process: ChildProcess; readonly ended: Promise<Ended> } {
  const entry =
    program.kind === "interlock" ? join(workplace.folder, ".bin/interlock") : join(repository, "lab/src/cli.ts");
  const child = spawn(process.execPath, [entry, ...program.args], {
    cwd: workplace.folder,
    env: workplace.environment,
    stdio: [options.terminal ? "inherit" : "ignore", "pipe", options.terminal ? "inherit" : "pipe"],
    detached: !options.terminal,
  });
  let stdout = "";
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (!options.quiet) process.stderr.write(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(options.hear);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? 1, stdout }));
  });
  const entryOfRunning = { child, closed: ended.catch(() => undefined) };
  running.add(entryOfRunning);
  void entryOfRunning.closed.then(() => running.delete(entryOfRunning));
  return { process: child, ended };
}

/** Runs a program to its end. Throws if it fails, because a demonstration cannot go on without it. */
export async function runProgram(
  program: Program,
  workplace: Workplace,
  options: { readonly mayFail?: boolean } = {},
): Promise<Ended> {
  const said: string[] = [];
  const ended = await startProgram(program, workplace, {
    quiet: true,
    terminal: false,
    hear: (line) => said.push(line),
  }).ended;
  if (ended.exitCode !== 0 && options.mayFail !== true) {
    const command = `${program.kind} ${program.args.join(" ")}`;
    const last = `${said.slice(-4).join(" ")} ${ended.stdout.slice(-400)}`;
    throw new Error(`\`${command}\` ended with ${ended.exitCode}: ${last}`);
  }
  return ended;
}
