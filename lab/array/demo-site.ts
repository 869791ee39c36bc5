import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import type { RunningArray } from "./client.ts";

/** A site for one demonstration: configuration, keys and store in a temporary folder. */
export interface DemoSite {
  readonly folder: string;
  /** Runs one command line of interlock to its end, and passes its output on line by line. */
  readonly run: (args: readonly string[]) => Promise<CommandResult>;
  /**
   * Starts one command, and kills it, as a power cut would, some milliseconds after it has printed a number of lines.
   */
  readonly kill: (args: readonly string[], after: { readonly lineCount: number; readonly ms: number }) => Promise<void>;
  readonly commands: readonly CommandResult[];
  readonly close: () => void;
}

/** A command that was run. */
export interface CommandResult {
  readonly command: string;
  readonly exitCode: number;
  readonly output: readonly string[];
}

const repository = fileURLToPath(new URL("../..", import.meta.url));
const pack = join(repository, "packs/storage-firmware");
const lineCharsMax = 132;

/** The path of one of the pack's proposals. */
export function proposalPath(name: string): string {
  return join(pack, "proposals", `${name}.json`);
}

/** Writes a site that leads to a running array. */
export function createSite(array: RunningArray, tell: (line: string) => void): DemoSite {
  const folder = mkdtempSync(join(tmpdir(), "interlock-demo-"));
  mkdirSync(join(folder, "config"));
  // A command on the PATH, so that hints name it as a user would type it.
  mkdirSync(join(folder, ".bin"));
  symlinkSync(join(repository, "bin/interlock.js"), join(folder, ".bin/interlock"));
  for (const [name, token] of [
    ["token", array.token],
    ["read-token", array.readToken],
  ])
    writeFileSync(join(folder, `${name}`), `${token}\n`, { mode: 0o600 });
  writeFileSync(join(folder, "interlock.yaml"), siteText(array.url, folder));
  const commands: CommandResult[] = [];
  return {
    folder,
    commands,
    run: async (args) => {
      const result = await runInterlock(args, { folder, tell });
      commands.push(result);
      return result;
    },
    kill: (args, after) => killInterlock(args, { ...after, folder }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function siteText(base: string, folder: string): string {
  // JSON is YAML, and quotes anything that a path may contain.
  return JSON.stringify(
    {
      format: "interlock.site/1",
      pack,
      connections: {
        array: {
          settings: {
            base,
            auth: { kind: "bearer", token: { $secret: "token" } },
            readAuth: { kind: "bearer", token: { $secret: "read_token" } },
          },
          secrets: { token: `file:${join(folder, "token")}`, read_token: `file:${join(folder, "read-token")}` },
        },
      },
    },
    null,
    2,
  );
}

function startInterlock(args: readonly string[], folder: string): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [join(folder, ".bin/interlock"), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    // Nothing of the user: no keys, no settings, and no terminal for questions.
    env: {
      PATH: `${join(folder, ".bin")}${delimiter}${process.env["PATH"] ?? ""}`,
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, "config"),
      USER: "demo",
      INTERLOCK_NO_INPUT: "1",
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
    },
  });
}

function killInterlock(
  args: readonly string[],
  when: { readonly folder: string; readonly lineCount: number; readonly ms: number },
): Promise<void> {
  const child = startInterlock(args, when.folder);
  let lineCount = 0;
  child.stderr.resume();
  createInterface({ input: child.stdout }).on("line", () => {
    lineCount += 1;
    if (lineCount === when.lineCount) setTimeout(() => child.kill("SIGKILL"), when.ms);
  });
  return new Promise((resolve, reject) => child.on("error", reject).on("close", () => resolve()));
}

function runInterlock(
  args: readonly string[],
  site: { readonly folder: string; readonly tell: (line: string) => void },
): Promise<CommandResult> {
  const command = `interlock ${args.map((arg) => shown(arg)).join(" ")}`;
  site.tell(`$ ${command}`);
  const output: string[] = [];
  const child = startInterlock(args, site.folder);
  const isReview = args[0] === "plan";
  const take = (line: string): void => {
    output.push(line);
    if (isReview && !isHeadline(line)) return;
    site.tell(`  ${line.length > lineCharsMax ? `${line.slice(0, lineCharsMax)}…` : line}`);
  };
  const streams = [child.stdout, child.stderr].map(
    (input) => new Promise<void>((resolve) => createInterface({ input }).on("line", take).on("close", resolve)),
  );
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      void Promise.all(streams).then(() => resolve({ command, exitCode: exitCode ?? -1, output }));
    });
  });
}

/**
 * Whether to show this line: the beginning and end of a review, and the name of each step. The rest is for people who
 * approve for real.
 */
function isHeadline(line: string): boolean {
  return /^(?:plan |targets: |! |\d+\. |next: |E_| {2}→ )/.test(line);
}

/** An argument as a person would type it in the repository. */
function shown(arg: string): string {
  const path = arg.startsWith(repository) ? relative(repository, arg) : arg;
  return /^[\w./=:-]+$/.test(path) ? path : `'${path}'`;
}
