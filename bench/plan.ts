// `npm run bench:plan [-- --rounds N] [--hosts N,N]`: CPU time, start included, of planning with the built command: the
// packaged examples that need no server, and a step over a fleet. Each plan begins with the same store. Beside every
// figure stands how many times it is that of a Node that does nothing; the calls take turns.
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { countOption, readArgs } from "../simulation/script-options.ts";
import { layOutBuilt } from "./built-copy.ts";
import { writeFleetSite } from "./plan/fleet-site.ts";

const { values } = readArgs({
  options: { rounds: { type: "string", default: "15" }, hosts: { type: "string", default: "100,1000,4900" } },
});
const rounds = countOption("rounds", values.rounds, 1);
const folder = mkdtempSync(join(tmpdir(), "interlock-plan-"));
const program = layOutBuilt(folder);
// Neither keys nor memories of the person who measures.
const environment = {
  ...process.env,
  XDG_CONFIG_HOME: join(folder, "config"),
  XDG_STATE_HOME: join(folder, "state"),
  PAGER_TOKEN: "none",
};

/** What is timed: a proposal in a site of its own, and the target in milliseconds. */
interface Timed {
  readonly name: string;
  readonly site: string;
  /** The proposal, and what else `plan` is given. */
  readonly plan: readonly string[];
  readonly targetMs: number | null;
}

const server = fork(join(import.meta.dirname, "plan/fleet-server.ts"), { stdio: ["ignore", "pipe", "inherit", "ipc"] });
try {
  const base = await addressOf(server);
  const timed = [...examples(), ...values.hosts.split(",").map((count) => fleet(countOption("hosts", count, 1), base))];
  for (const { site } of timed) run([program, "trust"], site);
  for (const { site } of timed) cpSync(site, `${site}.fresh`, { recursive: true });
  print(timed, measure(timed));
} finally {
  server.disconnect();
  rmSync(folder, { recursive: true, force: true });
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("the server has no output");
  const [line] = await once(stdout, "data");
  return String(line).trim();
}

function examples(): readonly Timed[] {
  const config = join(folder, "config-file");
  run([program, "init", config], folder);
  const language = join(folder, "language");
  cpSync(join(folder, "examples/language"), language, { recursive: true });
  const settings = join(language, "interlock.yaml");
  writeFileSync(settings, readFileSync(settings, "utf8").replace("ROOT", language));
  return [
    { name: "config-file, log-more", site: config, plan: ["pack/proposals/log-more.json"], targetMs: 300 },
    {
      name: "config-file, shorter-timeout",
      site: config,
      plan: ["pack/proposals/shorter-timeout.json"],
      targetMs: 300,
    },
    {
      name: "language, roll-out",
      site: language,
      plan: ["pack/proposals/roll-out.json", "--input", 'version="v2"'],
      targetMs: 300,
    },
  ];
}

function fleet(hostCount: number, base: string): Timed {
  const site = join(folder, `fleet-${hostCount}`);
  writeFleetSite(site, { hostCount, base });
  const targetMs = hostCount === 1_000 ? 2_000 : null;
  return { name: `${hostCount} hosts`, site, plan: ["pack/proposals/scale.json"], targetMs };
}

/** CPU times in milliseconds: of a Node that does nothing, and then of each plan. */
function measure(timed: readonly Timed[]): readonly (readonly number[])[] {
  const times: number[][] = [[], ...timed.map(() => [])];
  for (let round = 0; round < rounds; round += 1) {
    times[0]?.push(run(["-e", "0"], folder));
    for (const [index, { site, plan }] of timed.entries()) {
      // A store grows with each plan, and is remembered outside of itself.
      rmSync(site, { recursive: true });
      rmSync(join(folder, "state"), { recursive: true, force: true });
      cpSync(`${site}.fresh`, site, { recursive: true });
      times[index + 1]?.push(run([program, "plan", ...plan], site));
    }
  }
  return times;
}

/** Runs Node and returns its CPU time in milliseconds, as the shell tells it: Node itself tells no times of a child. */
function run(args: readonly string[], cwd: string): number {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>"$0"';
  const messages = join(folder, "messages");
  const call = ["-c", script, messages, process.execPath, ...args];
  const { status, stderr } = spawnSync("bash", call, { cwd, encoding: "utf8", env: environment });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${readFileSync(messages, "utf8")}`);
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(" ").map(Number);
  return 1_000 * (user + system);
}

function print(timed: readonly Timed[], all: readonly (readonly number[])[]): void {
  const medianOf = (of: readonly number[] = []): number =>
    of.toSorted((left, right) => left - right)[of.length >> 1] ?? Number.NaN;
  const floorMs = medianOf(all[0]);
  console.log(`${rounds} runs each, load average ${loadavg()[0]?.toFixed(1)}`);
  console.log(`${"CPU time".padEnd(30)}${"median".padStart(10)}${"range".padStart(18)}${"of node's".padStart(12)}`);
  for (const [index, of] of all.entries()) {
    const { name, targetMs } = timed[index - 1] ?? { name: "node -e 0", targetMs: null };
    const median = medianOf(of);
    const range = `${Math.min(...of).toFixed(0)}–${Math.max(...of).toFixed(0)} ms`;
    const aim = targetMs === null ? "" : `   (aim: ${targetMs} ms: ${median <= targetMs ? "met" : "missed"})`;
    const times = `${median.toFixed(0)} ms`.padStart(10) + range.padStart(18);
    const ratio = `${(median / floorMs).toFixed(1)} ×`.padStart(12);
    console.log(`${name.padEnd(30)}${times}${ratio}${aim}`);
  }
}
