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

/** How a program ended, and what it had printed by then. Only `not_started` means that it did nothing. */
export type Ended =
  | { readonly kind: "not_started"; readonly code: string }
  | (Printed &
      (
        | { readonly kind: "exited"; readonly exitCode: number }
        | { readonly kind: "signalled"; readonly signal: string }
        | { readonly kind: Cause }
        /** It ended by itself, and had printed more than was asked for. */
        | { readonly kind: "overflowed" }
      ));

/** What a program printed: together at most `outputBytesMax`. */
export interface Printed {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Why we ended a program. */
type Cause = "timed_out" | "aborted" | "too_large";

/** How long a program may take to end after it was asked to. */
const graceMs = 2_000;

/** How long to wait for output once the program has ended: a child that it left behind may hold the pipes open. */
const drainMs = 500;

/**
 * Runs a program without a shell, with nothing on its standard input, in a process group of its own. When its time is
 * over the whole group is asked to end and, after a grace, made to; a child that leaves the group escapes this, which
 * is why a time-out never means that nothing happened.
 *
 * A program that has ended in time is never called late, and what it left running is never ended: a starter's whole
 * work is to leave something behind.
 */
export function runProgram(program: Program): Promise<Ended> {
  return new Promise((resolve) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let sizeBytes = 0;
    let cause: Cause | null = null;
    let hasEnded = false;
    let isTooLarge = false;
    const child = start(program);
    if (typeof child === "string") return resolve({ kind: "not_started", code: child });
    const end = (because: Cause): void => {
      // The program may have ended already, and we are about to be told.
      setImmediate(() => {
        if (cause !== null || hasEnded) return;
        cause = because;
        signalGroup(child, "SIGTERM");
        killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
      });
    };
    const take =
      (into: Buffer[]) =>
      (chunk: Buffer): void => {
        const kept = chunk.subarray(0, program.outputBytesMax - sizeBytes);
        sizeBytes += kept.length;
        if (kept.length > 0) into.push(kept);
        if (kept.length === chunk.length) return;
        // It may end by itself before we can end it. Half an answer is none all the same.
        isTooLarge = true;
        end("too_large");
      };
    let killTimer: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => end("timed_out"), program.timeoutMs);
    const abort = (): void => end("aborted");
    const disarm = (): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      program.signal.removeEventListener("abort", abort);
    };
    program.signal.addEventListener("abort", abort, { once: true });
    child.stdout.on("data", take(stdout));
    child.stderr.on("data", take(stderr));
    // Without a process id nothing was started. With one, the error is about a signal we sent, and `exit` will follow.
    child.on("error", (error) => {
      if (child.pid !== undefined) return;
      disarm();
      resolve({ kind: "not_started", code: "code" in error ? String(error.code) : error.name });
    });
    child.on("exit", (exitCode, signal) => {
      hasEnded = true;
      disarm();
      // The group's other members are asked to end with their leader's time-out, and made to when the leader is gone.
      if (cause !== null) signalGroup(child, "SIGKILL");
      const conclude = (isAllRead: boolean): void => {
        const printed = { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
        // If something still holds the pipes, what is too much may be its output and not the program's.
        const why = cause ?? (isTooLarge && isAllRead ? "overflowed" : null);
        if (why !== null) return resolve({ kind: why, ...printed });
        const how = exitCode === null ? signalled(signal) : ({ kind: "exited", exitCode } as const);
        resolve({ ...how, ...printed });
      };
      drained(child).then(conclude, () => conclude(false));
    });
  });
}

function signalled(signal: NodeJS.Signals | null): { readonly kind: "signalled"; readonly signal: string } {
  return { kind: "signalled", signal: signal ?? "no signal" };
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

/**
 * Resolves with true when the pipes are closed, and with false after a while: a child left behind may hold them open
 * for ever.
 */
function drained(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      leaveOpen(child.stdout);
      leaveOpen(child.stderr);
      resolve(false);
    }, drainMs);
    child.once("close", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/**
 * Goes on reading what a child left behind prints, and drops it. If the pipe were closed, the next line would end that
 * child. It does not keep this process alive.
 */
function leaveOpen(pipe: Readable | null): void {
  if (pipe === null) return;
  pipe.removeAllListeners("data");
  pipe.on("error", () => undefined);
  pipe.resume();
  if ("unref" in pipe && typeof pipe.unref === "function") pipe.unref();
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
