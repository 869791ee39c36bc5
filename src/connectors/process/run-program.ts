import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** One program to run. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Standard output and error together. */
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
}

/** How a program ended. Only `not_started` means that it did nothing. */
export type Ended =
  | { readonly kind: "not_started"; readonly code: string }
  | { readonly kind: "exited"; readonly exitCode: number; readonly stdout: Buffer; readonly stderr: Buffer }
  | { readonly kind: "signalled"; readonly signal: string }
  | { readonly kind: "timed_out" }
  | { readonly kind: "aborted" }
  | { readonly kind: "too_large"; readonly stdout: Buffer };

/** How long a program may take to end after it was asked to. */
const graceMs = 2_000;

/** How long to wait for output of children that the program left behind. */
const drainMs = 500;

/**
 * Runs a program without a shell, with nothing on its standard input, in a process group of its own. When its time is
 * over the whole group is asked to end and, after a grace, made to; a child that leaves the group escapes this, which
 * is why a time-out never means that nothing happened.
 */
export function runProgram(program: Program): Promise<Ended> {
  return new Promise((resolve) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let sizeBytes = 0;
    let cause: Ended | null = null;
    const child = start(program);
    if (typeof child === "string") return resolve({ kind: "not_started", code: child });
    const end = (because: Ended): void => {
      if (cause !== null) return;
      cause = because;
      signalGroup(child, "SIGTERM");
      killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
    };
    const take =
      (into: Buffer[]) =>
      (chunk: Buffer): void => {
        into.push(chunk);
        sizeBytes += chunk.length;
        if (sizeBytes > program.outputBytesMax)
          end({ kind: "too_large", stdout: Buffer.concat(stdout).subarray(0, program.outputBytesMax) });
      };
    let killTimer: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => end({ kind: "timed_out" }), program.timeoutMs);
    const abort = (): void => end({ kind: "aborted" });
    const settle = (ended: Ended): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      program.signal.removeEventListener("abort", abort);
      resolve(ended);
    };
    program.signal.addEventListener("abort", abort, { once: true });
    child.stdout.on("data", take(stdout));
    child.stderr.on("data", take(stderr));
    // Without a process id nothing was started. With one, the error is about a signal we sent, and `exit` will follow.
    child.on("error", (error) => {
      if (child.pid === undefined)
        settle({ kind: "not_started", code: "code" in error ? String(error.code) : error.name });
    });
    child.on("exit", (exitCode, signal) => {
      // The group's other members are asked to end with their leader's time-out, and made to when the leader is gone.
      if (cause !== null) signalGroup(child, "SIGKILL");
      const conclude = (): void =>
        settle(
          cause ??
            (exitCode === null
              ? { kind: "signalled", signal: signal ?? "no signal" }
              : { kind: "exited", exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }),
        );
      drained(child).then(conclude, conclude);
    });
  });
}

/** The child, or the code of an error that the system gives at once (too many arguments). */
function start({ path, args, cwd, env }: Program): ChildProcessByStdio<null, Readable, Readable> | string {
  try {
    return spawn(path, [...args], {
      cwd,
      env: { ...env },
      shell: false,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "no code";
  }
}

/** Resolves when the pipes are closed, or after a while: a child left behind may hold them open for ever. */
function drained(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve();
    }, drainMs);
    child.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function signalGroup(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    // A negative id names the group, which `detached` made.
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended by itself.
  }
}
