// `npm run demo`: a hidden fault in a live system, from the alert to a verified recovery.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createControlClient, createLabClient } from "../src/client.ts";
import { type DemoOptions, parseDemoOptions } from "./options.ts";
import { type Workplace, repository, runProgram, startProgram } from "./programs.ts";
import { type DemoReport, type LabScore, type Response, renderTable } from "./table.ts";

interface LabAddress {
  readonly url: string;
  readonly actionToken: string;
}

interface ControlAddress {
  readonly controlUrl: string;
  readonly controlToken: string;
}

const startedMs = performance.now();

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Lab, site and keys of one demonstration, all below a temporary folder. */
async function prepare(options: DemoOptions): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), "interlock-demo-"));
  const workplace = { folder, environment: { ...process.env, LAB_STATE: join(folder, "lab"), XDG_CONFIG_HOME: join(folder, "config"), INTERLOCK_IDENTITIES: join(folder, "keys") } };
  tell("starting a live system: proxy, three workers, a PostgreSQL, load, a nightly report, a second tenant …");
  await runProgram({ kind: "lab", args: ["up"] }, workplace);
  const lab = JSON.parse(readFileSync(join(folder, "lab/lab.json"), "utf8")) as LabAddress; // the lab of this repository wrote it
  writeFileSync(join(folder, "token"), `${lab.actionToken}\n`, { mode: 0o600 });
  writeFileSync(join(folder, "interlock.yaml"), JSON.stringify({
    format: "interlock.site/1", pack: join(repository, "packs/web-service"),
    connections: { lab: { settings: { base: lab.url, auth: { kind: "bearer", token: { $secret: "token" } } }, secrets: { token: "file:token" } } },
  }));
  await createKey(options, workplace);
  await runProgram({ kind: "interlock", args: ["trust"] }, workplace);
  return workplace;
}

async function createKey(options: DemoOptions, workplace: Workplace): Promise<void> {
  const args = options.approve ? ["identity", "create", "you", "--person", "you"] : ["identity", "create", "demo-operator", "--person", "demo-operator", "--unattended"];
  if (!options.approve) return void (await runProgram({ kind: "interlock", args }, workplace));
  tell("a key of your own, for this demonstration only:");
  const { exitCode } = await startProgram({ kind: "interlock", args }, workplace, { quiet: false, terminal: true, hear: () => undefined }).ended;
  if (exitCode !== 0) throw new Error("without a key there is nobody to approve");
}

/** Waits for the alert at a webhook, breaks the system, and lets the response run. */
async function breakAndRespond(options: DemoOptions, workplace: Workplace): Promise<Response> {
  const lab = JSON.parse(readFileSync(join(workplace.folder, "lab/lab.json"), "utf8")) as LabAddress; // written by the lab
  const control = JSON.parse(readFileSync(join(workplace.folder, "lab/control.json"), "utf8")) as ControlAddress; // written by the lab
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const approval = options.approve ? [] : ["--yes", "--target", "service/shop"];
  const responding = startProgram(
    { kind: "interlock", args: ["respond", "--webhook", String(port), "--proposal", join(repository, "packs/web-service/proposals/average-plan.json"), ...approval, "--json"] },
    workplace, { quiet: false, terminal: options.approve, hear: () => undefined },
  );
  // The receiver is up once its port answers; the lab posts to it from the first firing alert on.
  await untilListening(port, responding.ended);
  await createLabClient(lab).setWebhook(`http://127.0.0.1:${port}/`);
  tell("breaking it, in a way nobody is told …");
  await createControlClient(control).injectFault(options.fault.toUpperCase() as "LOAD", options.seed);
  const ended = await responding.ended;
  if (ended.stdout === "") throw new Error(`the response ended with ${ended.exitCode} and said nothing`);
  return JSON.parse(ended.stdout) as Response; // interlock.response/1
}

async function untilListening(port: number, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (let attempt = 0; attempt < 200 && !isOver; attempt += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (answer !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the response did not begin to listen");
}

/** What the lab itself says of the episode, ground truth included. */
async function score(workplace: Workplace): Promise<LabScore> {
  const { stdout } = await runProgram({ kind: "lab", args: ["score", "--policy", "interlock", "--json"] }, workplace);
  return JSON.parse(stdout) as LabScore; // interlock-lab.score/1
}

/** The average plan really carried out, in a lab of its own. */
async function runAveragePlan(options: DemoOptions, workplace: Workplace): Promise<LabScore> {
  tell("\nthe same fault and seed once more, with the average plan carried out (about 80 s) …");
  const { stdout } = await runProgram({ kind: "lab", args: ["episode", "--policy", "scale-out", "--fault", options.fault.toUpperCase(), "--seed", String(options.seed), "--json"] }, { ...workplace, environment: { ...workplace.environment, LAB_STATE: join(workplace.folder, "lab-2") } });
  return JSON.parse(stdout) as LabScore; // interlock-lab.score/1
}

async function verifyLog(workplace: Workplace): Promise<DemoReport["log"]> {
  const { exitCode, stdout } = await runProgram({ kind: "interlock", args: ["log", "verify", "--json"] }, workplace, { mayFail: true });
  const document = JSON.parse(stdout) as { readonly length?: number; readonly head?: string }; // interlock.log-verification/1
  return { verified: exitCode === 0, length: document.length ?? 0, head: document.head ?? "" };
}

async function runDemo(options: DemoOptions): Promise<number> {
  const workplace = await prepare(options);
  try {
    const response = await breakAndRespond(options, workplace);
    const truth = await score(workplace);
    const log = await verifyLog(workplace);
    const compared = options.compare ? await runAveragePlan(options, workplace) : null;
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    const report: DemoReport = { options, response, truth, compared, log, seconds };
    tell(`\n${renderTable(report)}`);
    const { belief, proposed, chosen, averagePlan, outcome } = response;
    if (options.json) {
      const document = { format: "interlock.demo/1", fault: options.fault, seed: options.seed, belief, proposed, chosen, averagePlan: { ...averagePlan, carriedOut: compared }, outcome, restored: truth.restored, harm: truth.harm, log, seconds };
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    }
    const isRight = (outcome === "restored" && truth.restored) || outcome === "escalated";
    return isRight && log.verified ? 0 : 1;
  } finally {
    await runProgram({ kind: "lab", args: ["down"] }, workplace, { mayFail: true });
    rmSync(workplace.folder, { recursive: true, force: true });
  }
}

const options = parseDemoOptions(process.argv.slice(2));
if (typeof options === "string") {
  const isHelp = !/^(?:no fault|`--seed`|Unknown|Unexpected)/.test(options);
  (isHelp ? process.stdout : process.stderr).write(options);
  process.exitCode = isHelp ? 0 : 64;
} else {
  process.exitCode = await runDemo(options).catch((error: unknown) => {
    tell(`the demonstration could not go on: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  });
}
