import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";
import type { ProcessConfigs, ProcessKind, ProcessOrders, ProcessReport } from "../processes/messages.ts";

const READY_TIMEOUT_MS = 20_000;

/** A child of the supervisor: started, but perhaps not yet configured. */
export interface SpawnedProcess<K extends ProcessKind> {
  readonly kind: K;
  readonly pid: number;
  /** Sends the configuration and waits until it serves. */
  readonly configure: (config: ProcessConfigs[K]) => Promise<RunningProcess<K>>;
}

/** A child that serves on `port`. */
export interface RunningProcess<K extends ProcessKind> {
  readonly kind: K;
  readonly pid: number;
  readonly port: number;
  readonly order: (order: ProcessOrders[K]) => void;
  /** Resolves when it reports that its last request has been answered, or after `timeoutMs`. */
  readonly waitUntilDrained: (timeoutMs: number) => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly onExit: (listener: () => void) => void;
}

/** Environment of every child: nothing of ours but what Node needs. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  return {
    PATH,
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
  };
}

/** Forks one of the lab's processes; its modules load while the caller prepares its configuration. */
export function spawnProcess<K extends ProcessKind>(kind: K): SpawnedProcess<K> {
  const path = fileURLToPath(new URL(`../processes/${kind}.ts`, import.meta.url));
  const child = fork(path, [], {
    env: childEnvironment(),
    cwd: "/",
    execArgv: ["--max-old-space-size=128"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const pid = child.pid ?? 0;
  // A send to a child that has just died is reported by its exit, not here.
  child.on("error", () => undefined);
  return { kind, pid, configure: (config) => configure(child, kind, config) };
}

function send(child: ChildProcess, message: object): void {
  if (child.connected) child.send(message, () => undefined);
}

function isReport(message: unknown): message is ProcessReport {
  return typeof message === "object" && message !== null && "kind" in message;
}

function configure<K extends ProcessKind>(
  child: ChildProcess,
  kind: K,
  config: ProcessConfigs[K],
): Promise<RunningProcess<K>> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new LabError("E_LAB_START", `process \`${kind}\` did not become ready`, "see `.lab/supervisor.log`"));
    };
    const timer = setTimeout(fail, READY_TIMEOUT_MS);
    child.once("exit", fail);
    child.on("message", function onMessage(message: unknown) {
      if (!isReport(message) || message.kind !== "ready") return;
      clearTimeout(timer);
      child.off("exit", fail);
      child.off("message", onMessage);
      resolve(runningOf(child, kind, message.port));
    });
    send(child, config);
  });
}

function runningOf<K extends ProcessKind>(child: ChildProcess, kind: K, port: number): RunningProcess<K> {
  return {
    kind,
    port,
    pid: child.pid ?? 0,
    order: (order) => send(child, order),
    waitUntilDrained: (timeoutMs) =>
      new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          child.off("message", onMessage);
          child.off("exit", finish);
          resolve();
        };
        const onMessage = (message: unknown): void => {
          if (isReport(message) && message.kind === "drained") finish();
        };
        const timer = setTimeout(finish, timeoutMs);
        child.on("message", onMessage);
        child.once("exit", finish);
      }),
    kill: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
    onExit: (listener) => {
      child.once("exit", listener);
    },
  };
}
