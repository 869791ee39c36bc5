import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Availability } from "./availability.ts";
import type { Fault } from "./faults.ts";
import type { JournalEntry, RequestEntry } from "./journal.ts";
import type { ReadyLine } from "./main.ts";
import type { ArraySnapshot, Tagged } from "./model.ts";

/** How to start an array; every field may be left out. */
export interface StartOptions {
  readonly port?: number;
  /** Folder for the journal. With it, a killed array continues where it was. */
  readonly stateFolder?: string;
  readonly serial?: string;
  readonly hostCount?: number;
  readonly firmwareVersions?: readonly string[];
  readonly upgradeMs?: number;
  readonly readEveryMs?: number;
  readonly seed?: number;
  readonly maxSeconds?: number;
  /** Whether the API asks for a token (`RunningArray.token`, also in `tokenFile`, and `readToken`). */
  readonly withToken?: boolean;
}

/** One request to the array. */
export interface ArrayRequest {
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly key?: string;
  /** A token to send instead of the array's own; "" sends none. */
  readonly token?: string;
}

/** The answer: `text` as sent, and `body` parsed if it is JSON. */
export interface ArrayResponse {
  readonly status: number;
  readonly etag: string | null;
  readonly replayed: boolean;
  /** Where an upgrade tells how it goes. */
  readonly operation: string | null;
  readonly text: string;
  readonly body: unknown;
}

/** A fault as a person writes it: everything with a default may be left out. */
export type FaultInput = {
  readonly [K in Fault["kind"]]: { readonly kind: K } & Partial<Omit<Extract<Fault, { readonly kind: K }>, "kind">>;
}[Fault["kind"]];

/** A running array process. */
export interface RunningArray {
  readonly url: string;
  /** Where faults are injected. Only this handle has its token. */
  readonly adminUrl: string;
  readonly port: number;
  readonly pid: number;
  readonly token: string | null;
  readonly tokenFile: string | null;
  readonly readToken: string | null;
  readonly request: (method: string, path: string, request?: ArrayRequest) => Promise<ArrayResponse>;
  readonly snapshot: () => Promise<Tagged<ArraySnapshot>>;
  readonly journal: () => Promise<readonly JournalEntry[]>;
  /** The journal entries of clients' writes. Each effect is listed exactly as often as it happened. */
  readonly effects: () => Promise<readonly RequestEntry[]>;
  readonly availability: () => Promise<Availability>;
  /** Resolves when no controller is upgrading. */
  readonly settled: () => Promise<Tagged<ArraySnapshot>>;
  readonly fault: (fault: FaultInput) => Promise<void>;
  /** Removes the waiting faults, and releases at once what `delay_request` or `delay_reply` holds back. */
  readonly clearFaults: () => Promise<void>;
  /** Resolves once this many requests and replies are being held back. */
  readonly held: (count: number) => Promise<void>;
  /** Ends the process with SIGKILL, as a power cut would. `stop` still has to be called. */
  readonly kill: () => Promise<void>;
  /** Ends the process and removes its temporary files. Safe to call again. */
  readonly stop: () => Promise<void>;
}

const startTimeoutMs = 20_000;

/** Starts an array as a process of its own, which ends with this process at the latest. */
export async function startArray(options: StartOptions = {}): Promise<RunningArray> {
  const folder = mkdtempSync(join(tmpdir(), "array-"));
  const writeToken = (name: string): { readonly token: string; readonly path: string } => {
    const token = randomBytes(32).toString("hex");
    const path = join(folder, name);
    writeFileSync(path, token, { mode: 0o600 });
    return { token, path };
  };
  const admin = writeToken("admin-token");
  const full = options.withToken === true ? writeToken("token") : null;
  const readOnly = options.withToken === true ? writeToken("read-token") : null;
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("main.ts", import.meta.url)),
      "--stop-with-stdin",
      "--parent-pid",
      `${process.pid}`,
      "--admin-token-file",
      admin.path,
      ...(full === null ? [] : ["--token-file", full.path]),
      ...(readOnly === null ? [] : ["--read-token-file", readOnly.path]),
      ...optionArguments(options),
    ],
    { stdio: ["pipe", "pipe", "pipe"], env: {} },
  );
  const stop = async (): Promise<void> => {
    await endProcess(child, "SIGTERM");
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  };
  try {
    const ready = await readReadyLine(child);
    return createHandle(child, ready, { admin: admin.token, full, readOnly: readOnly?.token ?? null }, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function optionArguments(options: StartOptions): readonly string[] {
  const given: readonly (readonly [string, string | number | undefined])[] = [
    ["--port", options.port],
    ["--state", options.stateFolder],
    ["--serial", options.serial],
    ["--hosts", options.hostCount],
    ["--firmware", options.firmwareVersions?.join(",")],
    ["--upgrade-ms", options.upgradeMs],
    ["--read-every-ms", options.readEveryMs],
    ["--seed", options.seed],
    ["--max-seconds", options.maxSeconds],
  ];
  return given.flatMap(([name, value]) => (value === undefined ? [] : [name, `${value}`]));
}

interface HandleTokens {
  readonly admin: string;
  readonly full: { readonly token: string; readonly path: string } | null;
  readonly readOnly: string | null;
}

function createHandle(
  child: ChildProcess,
  ready: ReadyLine,
  tokens: HandleTokens,
  stop: () => Promise<void>,
): RunningArray {
  const url = `http://127.0.0.1:${ready.port}`;
  const adminUrl = `http://127.0.0.1:${ready.adminPort}/admin/faults`;
  const request = (
    method: string,
    path: string,
    { token = tokens.full?.token ?? "", ...rest }: ArrayRequest = {},
  ): Promise<ArrayResponse> => send(`${url}${path}`, method, { ...rest, token });
  // The casts below: each is the array's own answer, whose shape `openapi.test.ts` checks.
  const read = async (path: string): Promise<unknown> => expectStatus(await request("GET", path), 200);
  const admin = async (method: string, body: unknown, status: number): Promise<unknown> =>
    expectStatus(await send(adminUrl, method, { body, token: tokens.admin }), status);
  const journal = async (): Promise<readonly JournalEntry[]> => {
    const entries: JournalEntry[] = [];
    for (let total = 1; entries.length < total; ) {
      const page = (await read(`/journal?after=${entries.length}`)) as {
        readonly total: number;
        readonly entries: readonly JournalEntry[];
      };
      entries.push(...page.entries);
      total = page.total;
    }
    return entries;
  };
  const snapshot = async (): Promise<Tagged<ArraySnapshot>> => (await read("/array")) as Tagged<ArraySnapshot>;
  return {
    url,
    adminUrl,
    port: ready.port,
    pid: ready.pid,
    token: tokens.full?.token ?? null,
    tokenFile: tokens.full?.path ?? null,
    readToken: tokens.readOnly,
    request,
    snapshot,
    journal,
    effects: async () => (await journal()).filter((entry) => entry.kind === "request"),
    availability: async () => (await read("/availability")) as Availability,
    settled: () => poll(snapshot, ({ controllers }) => controllers.every(({ state }) => state !== "upgrading")),
    fault: async (fault) => void (await admin("POST", fault, 201)),
    clearFaults: async () => void (await admin("DELETE", undefined, 200)),
    held: async (count) => {
      await poll(
        async () => (await admin("GET", undefined, 200)) as { readonly heldCount: number },
        ({ heldCount }) => heldCount === count,
      );
    },
    kill: () => endProcess(child, "SIGKILL"),
    stop,
  };
}

/** Reads until the answer is as wanted. A test's own time limit ends a wait in vain. */
async function poll<T>(read: () => Promise<T>, isWanted: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await read();
    if (isWanted(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function send(url: string, method: string, { body, ifMatch, key, token }: ArrayRequest): Promise<ArrayResponse> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    etag: response.headers.get("etag"),
    replayed: response.headers.get("idempotent-replayed") === "true",
    operation: response.headers.get("operation-location"),
    text,
    body: parseOrNull(text),
  };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function expectStatus(response: ArrayResponse, status: number): unknown {
  if (response.status !== status)
    throw new Error(`the array answered ${response.status}: ${response.text.slice(0, 200)}`);
  return response.body;
}

function readReadyLine(child: ChildProcess): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    let output = "";
    let errors = "";
    const timer = setTimeout(() => reject(new Error("the array did not get ready")), startTimeoutMs);
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.includes("\n")) return;
      clearTimeout(timer);
      // The cast: the first line the process prints is its ready line.
      resolve(JSON.parse(output) as ReadyLine);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the array ended with ${code}: ${errors.trim()}`));
    });
  });
}

function endProcess(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}
