import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StoreRecord } from "../../src/core/log/store-records.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import { recordedContext } from "../../src/faces/cli/context.fixture.ts";
import { main } from "../../src/faces/cli/main.ts";
import { createIdentity } from "../../src/identities/identity.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { storedRecords } from "../../src/log/stored-events.ts";
import { scaffoldSite } from "../../src/packs/scaffold.ts";
import { hintedCommands, unknownWords } from "../support/command-names.ts";
import { compileCache } from "../support/compile-cache.ts";

const binary = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));

// In memory if the machine offers it. These tests are not about the disk; the tests of the store are.
const scratch = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** What one command printed, and its exit code. */
export interface Printed {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A site of its own in a temporary folder, with an operator, `olivia`, and an approver's key, `alice`. */
export interface E2eSite {
  readonly folder: string;
  /** Runs a command in this process. */
  run(...argv: readonly string[]): Promise<Printed>;
  /** Like `run`, but as someone else or with text on stdin. */
  runAs(who: { readonly actor?: string; readonly stdin?: string }, ...argv: readonly string[]): Promise<Printed>;
  /** Starts a command in a process of its own. */
  start(...argv: readonly string[]): StartedCommand;
  read(path: string): string;
  write(path: string, text: string): void;
  /** Replaces text in a file. The text must be there. */
  edit(path: string, from: string, to: string): void;
  /** Every event of the log, in order. */
  events(): readonly (Event | StoreRecord)[];
  remove(): void;
}

/** A command under way in another process. */
export interface StartedCommand {
  readonly child: ChildProcess;
  /** Resolves once stdout or stderr has shown this text. */
  shown(text: string | RegExp): Promise<void>;
  readonly ended: Promise<Printed>;
}

/** Creates a site with the pack `config-file`, unless a domain and connections are given. The pack is trusted. */
export async function createE2eSite(
  options: { readonly solo?: boolean; readonly domain?: string; readonly connections?: object } = {},
): Promise<E2eSite> {
  const folder = mkdtempSync(join(scratch, "interlock-e2e-"));
  const made = scaffoldSite(folder, "config-file");
  if (!made.ok) throw new Error(made.error.message);
  const site = siteIn(folder);
  if (options.solo !== true) site.edit("interlock.yaml", "solo: true", "solo: false");
  if (options.domain !== undefined) site.write("pack/domain.yaml", options.domain);
  // JSON is YAML too.
  if (options.connections !== undefined)
    site.write(
      "interlock.yaml",
      JSON.stringify({
        format: "interlock.site/1",
        pack: "pack",
        solo: options.solo === true,
        connections: options.connections,
      }),
    );
  createIdentity(join(folder, "identities"), { name: "alice", person: "alice", passphrase: null });
  const trusted = await site.run("trust");
  if (trusted.exitCode !== 0) throw new Error(trusted.err);
  return site;
}

function siteIn(folder: string): E2eSite {
  const started: ChildProcess[] = [];
  // A command on the PATH, so that the hints of other processes name it as a user would type it.
  const commands = join(folder, ".commands");
  const command = join(commands, "interlock");
  mkdirSync(commands);
  symlinkSync(binary, command);
  const environment = (actor: string): NodeJS.ProcessEnv => ({
    PATH: `${commands}${delimiter}${process.env["PATH"] ?? ""}`,
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    INTERLOCK_IDENTITIES: join(folder, "identities"),
    INTERLOCK_ACTOR: actor,
    INTERLOCK_NO_INPUT: "1",
    NO_COLOR: "1",
  });
  const runAs: E2eSite["runAs"] = async ({ actor = "olivia", stdin = "" }, ...argv) => {
    const context = recordedContext({ cwd: folder, environment: environment(actor), stdin });
    const exitCode = await main(argv, () => context);
    return withKnownHints({ exitCode, ...context.printed });
  };
  return {
    folder,
    runAs,
    run: (...argv) => runAs({}, ...argv),
    start: (...argv) => {
      const starting = startCommand([command, ...argv], folder, environment("olivia"));
      started.push(starting.child);
      return starting;
    },
    read: (path) => readFileSync(join(folder, path), "utf8"),
    write: (path, text) => writeFileSync(join(folder, path), text),
    edit: (path, from, to) => {
      const before = readFileSync(join(folder, path), "utf8");
      if (!before.includes(from)) throw new Error(`${path} does not hold ${from}`);
      writeFileSync(join(folder, path), before.replace(from, to));
    },
    events: () => readEvents(join(folder, ".interlock")),
    remove: () => {
      // Commands that a failed test left running end with it.
      for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readEvents(store: string): readonly (Event | StoreRecord)[] {
  if (!existsSync(store)) return [];
  const reader = openReader(store);
  if (!reader.ok) throw new Error(reader.error.message);
  try {
    return [...storedRecords(reader.value)].map(({ what }) => what);
  } finally {
    reader.value.close();
  }
}

/** What was printed, if every hint in it names a command and options that exist. */
function withKnownHints(printed: Printed): Printed {
  const hints = hintedCommands(`${printed.err}${printed.out.startsWith("{") ? "" : printed.out}`);
  const unknown = hints.filter((words) => unknownWords(words).length > 0);
  if (unknown.length > 0)
    throw new Error(`a hint names no command: ${unknown.map((words) => words.join(" ")).join("; ")}`);
  return printed;
}

function startCommand(argv: readonly string[], folder: string, env: NodeJS.ProcessEnv): StartedCommand {
  const environment = { ...env, ...compileCache() };
  const child = spawn(process.execPath, argv, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { out: "", err: "" };
  const watchers = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    printed.out += chunk.toString();
    for (const watch of watchers) watch();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    printed.err += chunk.toString();
    for (const watch of watchers) watch();
  });
  const ended = new Promise<Printed>((resolve, reject) =>
    child.on("error", reject).on("close", (exitCode) => resolve({ exitCode: exitCode ?? -1, ...printed })),
  ).then(withKnownHints);
  const isShown = (text: string | RegExp): boolean =>
    [printed.out, printed.err].some((shown) => (typeof text === "string" ? shown.includes(text) : text.test(shown)));
  const shown = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        if (isShown(text)) {
          watchers.delete(watch);
          resolve();
        }
      };
      watchers.add(watch);
      void ended.then((end) => reject(new Error(`ended before it showed ${String(text)}: ${JSON.stringify(end)}`)));
      watch();
    });
  return { child, shown, ended };
}

/** A step of the wire form, empty except for what a test is about. */
export function wireStep(id: string, change: Readonly<Record<string, unknown>> = {}): object {
  return {
    id,
    action: "",
    purpose: "",
    kind: "act",
    after: [],
    when: "",
    args: [],
    expect: [],
    onFailure: "rollback",
    ...change,
  };
}

/** Arguments of the wire form from plain values. */
export function wireArgs(values: Readonly<Record<string, unknown>>): readonly object[] {
  return Object.entries(values).map(([name, value]) => ({ name, from: "literal", value: JSON.stringify(value) }));
}

/** A proposal of the wire form, as text. */
export function wireProposal(steps: readonly object[], change: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    format: "interlock.proposal/1",
    goal: "",
    summary: "",
    decline: "",
    assumptions: [],
    steps,
    ...change,
  });
}

/** Sets the log level of the file `app`. */
export function setLevel(id: string, level: string, change: Readonly<Record<string, unknown>> = {}): object {
  return wireStep(id, { action: "config.log_level", args: wireArgs({ config: "app", level }), ...change });
}

/** Sets the worker count of the file `app`. */
export function setWorkers(id: string, workers: unknown, change: Readonly<Record<string, unknown>> = {}): object {
  return wireStep(id, { action: "config.workers", args: wireArgs({ config: "app", workers }), ...change });
}

/** Asks a person in the middle of a run. */
export function askStep(id: string, change: Readonly<Record<string, unknown>> = {}): object {
  return wireStep(id, {
    kind: "approve",
    onFailure: "stop",
    args: wireArgs({ question: `go on after ${id}?` }),
    ...change,
  });
}

/** Waits in the middle of a run. */
export function waitStep(id: string, forMs: number, change: Readonly<Record<string, unknown>> = {}): object {
  return wireStep(id, { kind: "wait", onFailure: "stop", args: wireArgs({ forMs }), ...change });
}

/** Plans a proposal and has alice approve it. She types what the plan asks for. */
export async function planAndApprove(site: E2eSite, proposal: string): Promise<void> {
  site.write("proposal.json", proposal);
  const planned = await site.run("plan", "proposal.json");
  if (planned.exitCode !== 0) throw new Error(`${planned.out}${planned.err}`);
  const approved = await site.run("approve", "last", ...(await typedForLast(site)));
  if (approved.exitCode !== 0) throw new Error(`${approved.out}${approved.err}`);
}

/** The options that name action and target of everything that the last plan does irreversibly. */
export async function typedForLast(site: Pick<E2eSite, "run">): Promise<readonly string[]> {
  const { review } = JSON.parse((await site.run("show", "last", "--json")).out) as {
    readonly review: { readonly writes: readonly { readonly class: string; readonly phrase: string }[] };
  };
  return review.writes.flatMap((write) => (write.class === "irreversible" ? ["--target", write.phrase] : []));
}

/** The codes of a refusal printed for scripts. */
export function refusedWith(printed: Printed): readonly string[] {
  const document = JSON.parse(printed.out) as {
    readonly ok: boolean;
    readonly problems: readonly { readonly code: string }[];
  };
  return document.ok ? [] : document.problems.map(({ code }) => code);
}
