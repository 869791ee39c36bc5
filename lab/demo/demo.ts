// `npm run demo`: a hidden fault in a live system, from the alert to a verified recovery.
import { join } from "node:path";
import type { FaultName } from "../src/contract/faults.ts";
import { breakAndRespond } from "./break-and-respond.ts";
import { type DemoOptions, parseDemoOptions } from "./options.ts";
import { runProgram, type Workplace } from "./programs.ts";
import { isRightlyEscalated } from "./rightly-escalated.ts";
import { type DemoReport, type LabScore, renderTable } from "./table.ts";
import { Interrupted, withWorkplace } from "./workplace.ts";

const startedMs = performance.now();

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The lab's own judgement of the episode, ground truth included. */
async function score(workplace: Workplace): Promise<LabScore> {
  const { stdout } = await runProgram({ kind: "lab", args: ["score", "--policy", "interlock", "--json"] }, workplace);
  return JSON.parse(stdout) as LabScore; // interlock-lab.score/1
}

/** Carries out the average plan for real, in a lab of its own. */
async function runAveragePlan(options: DemoOptions, workplace: Workplace): Promise<LabScore> {
  tell("\nthe same fault and seed once more, with the average plan carried out (about 80 s) …");
  const { stdout } = await runProgram(
    {
      kind: "lab",
      args: [
        "episode",
        "--policy",
        "scale-out",
        "--fault",
        options.fault.toUpperCase(),
        "--seed",
        String(options.seed),
        "--json",
      ],
    },
    { ...workplace, environment: { ...workplace.environment, LAB_STATE: join(workplace.folder, "lab-2") } },
  );
  return JSON.parse(stdout) as LabScore; // interlock-lab.score/1
}

async function verifyLog(workplace: Workplace): Promise<DemoReport["log"]> {
  const { exitCode, stdout } = await runProgram({ kind: "interlock", args: ["log", "verify", "--json"] }, workplace, {
    mayFail: true,
  });
  // The document is an `interlock.log-verification/1`.
  const document = JSON.parse(stdout) as { readonly length?: number; readonly head?: string };
  return { verified: exitCode === 0, length: document.length ?? 0, head: document.head ?? "" };
}

function faultOf(options: DemoOptions): FaultName {
  // The demonstration names four of the lab's faults, in lower case.
  return options.fault.toUpperCase() as FaultName;
}

async function runDemo(options: DemoOptions): Promise<number> {
  const { seed, approve } = options;
  const report = await withWorkplace({ seed, approve, tell }, async (workplace): Promise<DemoReport> => {
    const { response } = await breakAndRespond(
      { fault: faultOf(options), seed, approve, quiet: false, tell },
      workplace,
    );
    const truth = await score(workplace);
    const log = await verifyLog(workplace);
    const compared = options.compare ? await runAveragePlan(options, workplace) : null;
    return { options, response, truth, compared, log, seconds: Math.round((performance.now() - startedMs) / 100) / 10 };
  });
  return conclude(report);
}

/** Shows the result. Returns 0 if the service was restored, or rightly handed to a person, and the log verifies. */
function conclude(report: DemoReport): number {
  const { options, response, truth, compared, log, seconds } = report;
  tell(`\n${renderTable(report)}`);
  const { belief, proposed, chosen, averagePlan, outcome } = response;
  const isUntouched = response.world === "untouched";
  const rightlyEscalated =
    outcome === "escalated" && isUntouched && isRightlyEscalated(faultOf(options), options.seed, belief);
  if (outcome === "escalated") {
    const untouched = rightlyEscalated
      ? "rightly: the twin of this seed shows that acting on the likeliest context would not have helped"
      : "although the twin of this seed shows that acting would have helped";
    tell(`  ${"handed over".padEnd(13)} ${isUntouched ? untouched : "after something was written in vain"}`);
  }
  if (options.json) {
    const document = {
      format: "interlock.demo/1",
      fault: options.fault,
      seed: options.seed,
      belief,
      proposed,
      chosen,
      averagePlan: { ...averagePlan, carriedOut: compared },
      outcome,
      rightlyEscalated,
      restored: truth.restored,
      harm: truth.harm,
      log,
      seconds,
    };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  const isRight = (outcome === "restored" && truth.restored) || rightlyEscalated;
  return isRight && log.verified ? 0 : 1;
}

const options = parseDemoOptions(process.argv.slice(2));
if (typeof options === "string") {
  const isHelp = !/^(?:no fault|`--seed`|Unknown|Unexpected)/.test(options);
  (isHelp ? process.stdout : process.stderr).write(options);
  process.exitCode = isHelp ? 0 : 64;
} else {
  process.exitCode = await runDemo(options).catch((error: unknown) => {
    if (error instanceof Interrupted) return 130;
    tell(`the demonstration could not go on: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  });
}
