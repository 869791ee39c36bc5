// Makes the golden stores of a release with that release's own command, once, when the release is made:
// `node test/golden/stores/write-stores.ts RELEASE`. What each holds is written down by the release's own folds.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digest } from "../../../src/core/value/digest.ts";
import { loadRun } from "../../../src/log/load-state.ts";
import { readSiteState } from "../../../src/log/site-snapshot.ts";
import { openReader } from "../../../src/log/sqlite/reader.ts";
import { setLevel, setWorkers, waitStep, wireProposal } from "../../e2e/e2e-site.fixture.ts";
import { meaningOf, siteText } from "../journals/journal.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const binary = fileURLToPath(new URL("../../../bin/interlock.js", import.meta.url));
const validFor = "20000d";

interface GoldenSite {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** The site is made where its connection leads for good: every plan pins that. */
function createSite(name: string): GoldenSite {
  const home = `/tmp/golden-${name}`;
  const folder = join(home, "site");
  const environment = {
    PATH: process.env["PATH"],
    HOME: home,
    XDG_CONFIG_HOME: home,
    INTERLOCK_IDENTITIES: join(folder, "identities"),
    INTERLOCK_ACTOR: "olivia",
    INTERLOCK_NO_INPUT: "1",
    NO_COLOR: "1",
  };
  const site = { folder, environment };
  rmSync(home, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  type(site, "init", ".");
  edit(site, "solo: true", "solo: false");
  edit(site, "validForMax: 24h", `validForMax: ${validFor}`);
  type(site, "identity", "create", "alice", "--person", "alice", "--unattended");
  type(site, "trust");
  tryOut(site, "config.log_level", 'level="debug"');
  tryOut(site, "config.workers", "workers=8");
  return site;
}

function type(site: GoldenSite, ...argv: readonly string[]): string {
  return typeFor(site, 0, ...argv);
}

/** Types a command that has to end with this code. */
function typeFor({ folder, environment }: GoldenSite, exitCode: number, ...argv: readonly string[]): string {
  const options = { cwd: folder, env: environment, encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [binary, ...argv], options);
  console.log(`$ interlock ${argv.join(" ")} → ${status}`);
  if (status !== exitCode) throw new Error(`${stdout}${stderr}`);
  return stdout;
}

function edit({ folder }: GoldenSite, from: string, to: string): void {
  const path = join(folder, "interlock.yaml");
  const before = readFileSync(path, "utf8");
  if (!before.includes(from)) throw new Error(`${path} does not hold ${from}`);
  writeFileSync(path, before.replace(from, to));
}

/** Earns an action its way back. */
function tryOut(site: GoldenSite, action: string, argument: string): void {
  const args = ["--arg", 'config="app"', "--arg", argument];
  type(site, "actions", "test", action, ...args, "--target", "config/app", "--yes");
}

function plan(site: GoldenSite, name: string, steps: readonly object[]): void {
  writeFileSync(join(site.folder, `${name}.json`), wireProposal(steps, { summary: `golden ${name}` }));
  type(site, "plan", `${name}.json`);
}

function approve(site: GoldenSite): void {
  type(site, "approve", "last", "--target", "config/app", "--yes", "--valid-for", validFor);
}

/** A store that was closed: runs that succeeded, went back and were archived, and a plan that is approved. */
function makeSettled(): GoldenSite {
  const site = createSite("settled");
  plan(site, "succeeds", [setLevel("a", "warn"), setWorkers("b", 6, { after: ["a"] })]);
  approve(site);
  type(site, "apply");
  const wrong = { after: ["a"], expect: ["config.app.workers == 9"] };
  plan(site, "goes-back", [setLevel("a", "error"), setWorkers("wrong", 7, wrong)]);
  approve(site);
  typeFor(site, 20, "apply");
  plan(site, "rejected", [setWorkers("a", 9)]);
  type(site, "reject", "last", "--reason", "not today");
  type(site, "freeze", "config/app", "--reason", "golden");
  type(site, "unfreeze", "config/app");
  const scope = ["--actions", "config.log_level", "--targets", "config/app"];
  type(site, "grant", ...scope, "--writes", "5", "--valid-for", validFor, "--yes");
  const { runs } = JSON.parse(type(site, "runs", "--json")) as { readonly runs: readonly { readonly runId: string }[] };
  const first = runs.at(-1)?.runId ?? "";
  type(site, "store", "archive", "--run", first, "--archive", "archive", "--reason", "golden");
  plan(site, "pending", [setLevel("a", "info"), setWorkers("b", 12, { after: ["a"] })]);
  approve(site);
  return site;
}

/** A store whose owner was killed while its run waited. */
async function makeKilled(): Promise<GoldenSite> {
  const site = createSite("killed");
  const wait = waitStep("w", 3_600_000, { after: ["a"] });
  plan(site, "pending", [setLevel("a", "info"), wait, setLevel("b", "warn", { after: ["w"] })]);
  approve(site);
  const child = spawn(process.execPath, [binary, "apply", "--jsonl"], {
    cwd: site.folder,
    env: site.environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  let text = "";
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes("wait_started")) break;
  }
  child.kill("SIGKILL");
  await ended;
  return site;
}

/** Puts the site and its store beside each other, and what the store holds. */
function keep(site: GoldenSite, target: string, release: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const store = join(target, "store");
  cpSync(site.folder, join(target, "site"), { recursive: true, filter: (path) => !/\.sock$|-shm$/.test(path) });
  renameSync(join(target, "site/.interlock"), store);
  // Read where it was made: a reader leaves files beside the database.
  writeFileSync(join(target, "expected.json"), `${JSON.stringify(expectedOf(site, release), null, 2)}\n`);
  console.log(target, readdirSync(target).join(" "));
}

function expectedOf(site: GoldenSite, release: string): object {
  const reader = openReader(join(site.folder, ".interlock"));
  if (!reader.ok) throw new Error(reader.error.message);
  const log = reader.value;
  const runs = log.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 100 });
  const isWhole = (runId: string): boolean =>
    log.entries({ stream: runId, fromSeq: 0, limit: 10_000 }).every(({ bodyText }) => bodyText !== null);
  const meaning = (runId: string): string | null =>
    isWhole(runId)
      ? digest("interlock.golden-state/1", JSON.parse(JSON.stringify(meaningOf(loadRun(log, runId)))))
      : null;
  const expected = {
    format: "interlock.golden-store/1",
    release,
    ...log.end(),
    epoch: log.epoch(),
    runs: runs.map(({ runId, planHash, state }) => ({ runId, planHash, state, meaning: meaning(runId) })),
    site: digest("interlock.golden-state/1", siteText(readSiteState(log))),
  };
  log.close();
  return expected;
}

const [release, target = join(here, release ?? "")] = process.argv.slice(2);
if (release === undefined) throw new Error("usage: node test/golden/stores/write-stores.ts RELEASE [FOLDER]");
keep(makeSettled(), join(target, "settled"), release);
keep(await makeKilled(), join(target, "killed"), release);
