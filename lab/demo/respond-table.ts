// `npm run respond:table`: our answers compared with the average plan, waiting and escalating, on the real lab. Each
// cell is a file, so that it can be resumed.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readArgs } from "../../simulation/script-options.ts";
import { EPISODE } from "../src/contract/constants.ts";
import type { Episode } from "../src/contract/episode.ts";
import { FAULT_NAMES, type FaultName, MAIN_FAULTS } from "../src/contract/faults.ts";
import { scoreEpisode } from "../src/contract/score.ts";
import { findPolicy } from "../src/policies/index.ts";
import { runEpisode } from "../src/run-episode.ts";
import { simulateWaiting } from "../src/wait-twin.ts";
import { breakAndRespond } from "./break-and-respond.ts";
import { runProgram } from "./programs.ts";
import { type Cell, renderRespondTable, summariseCells } from "./respond-summary.ts";
import { isRightlyEscalated } from "./rightly-escalated.ts";
import { Interrupted, withWorkplace } from "./workplace.ts";

const { values } = readArgs({
  options: {
    seeds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    faults: { type: "string", default: MAIN_FAULTS.join(",") },
    policies: { type: "string", default: "interlock,scale-out,always-wait,always-escalate" },
    work: { type: "string", default: ".lab/respond" },
    out: { type: "string", default: "lab/measured" },
  },
});

/** On a busy machine the load generator lags. Such an episode says nothing and is played again. */
const attemptCountMax = 3;

interface Run {
  readonly policy: string;
  readonly fault: FaultName;
  readonly seed: number;
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Plays an episode with a lab, a site, a webhook and `interlock respond`, for the same minute by which every policy is
 * judged.
 */
async function answerWithInterlock({ policy, fault, seed }: Run): Promise<Cell> {
  return withWorkplace({ seed, approve: false, tell: () => undefined }, async (workplace) => {
    const { response, faultAtMs } = await breakAndRespond(
      { fault, seed, approve: false, quiet: true, tell: () => undefined },
      workplace,
    );
    const endedAtMs = (await workplace.lab.readStatus()).clockMs;
    while ((await workplace.lab.readStatus()).clockMs < faultAtMs + EPISODE.horizonMs + 1_500)
      await new Promise((resolve) => setTimeout(resolve, 300));
    const episode = await workplace.control.readEpisode(policy);
    const { exitCode } = await runProgram({ kind: "interlock", args: ["log", "verify"] }, workplace, { mayFail: true });
    const { outcome, chosen, reason } = response;
    const hasWritten = response.world !== "untouched";
    const isEscalated = outcome === "escalated" && !hasWritten;
    return {
      ...scored(episode, { policy, fault, seed }),
      // To hand over what one has changed in vain is another thing than to hand over what nobody has touched.
      outcome: outcome === "escalated" && hasWritten ? "wrote, failed, then escalated" : outcome,
      wroteInVain: hasWritten && outcome !== "restored",
      response: chosen?.response ?? "none",
      risk: chosen?.risk ?? 0,
      reason,
      escalated: isEscalated,
      rightlyEscalated: isEscalated && isRightlyEscalated(fault, seed, response.belief),
      logVerifies: exitCode === 0,
      rowsWhileRestored: outcome === "restored" ? rowsDuplicated(episode, endedAtMs) : 0,
    };
  });
}

/** Rows applied twice in the ten seconds before success was reported. If there are any, the success was false. */
function rowsDuplicated(episode: Episode, endedAtMs: number): number {
  const held = episode.windows.filter((window) => window.endMs <= endedAtMs && window.startMs >= endedAtMs - 12_000);
  const [first] = held;
  const last = held.at(-1);
  return first === undefined || last === undefined ? 0 : last.duplicateRowCount - first.duplicateRowCount;
}

async function playPolicy(run: Run): Promise<Cell> {
  const policy = await findPolicy(run.policy);
  if (policy === undefined) throw new Error(`no policy \`${run.policy}\``);
  const episode = await runEpisode({ fault: run.fault, seed: run.seed, policy });
  const { response } = episode.decision;
  return {
    ...scored(episode, run),
    outcome: response,
    response,
    risk: 0,
    reason: "",
    escalated: response === "escalate",
    wroteInVain: false,
    rightlyEscalated: false,
    logVerifies: true,
    rowsWhileRestored: 0,
  };
}

function scored(
  episode: Episode,
  run: Run,
): Pick<
  Cell,
  "policy" | "fault" | "seed" | "restored" | "catastrophes" | "damage" | "harm" | "timeToRestoreMs" | "isValid"
> {
  const { restored, catastrophes, damage, harm, timeToRestoreMs, isValid } = scoreEpisode(
    episode,
    simulateWaiting(run.fault, run.seed),
  );
  return { ...run, restored, catastrophes, damage, harm, timeToRestoreMs, isValid };
}

async function measure(run: Run): Promise<Cell | null> {
  const path = join(values.work, `${run.policy}-${run.fault}-${run.seed}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Cell; // written below
  for (let attempt = 1; attempt <= attemptCountMax; attempt += 1) {
    try {
      const cell = run.policy === "interlock" ? await answerWithInterlock(run) : await playPolicy(run);
      if (!cell.isValid && attempt < attemptCountMax) {
        tell(`${run.policy} × ${run.fault}, seed ${run.seed}: the generator lagged, played again`);
        continue;
      }
      writeFileSync(`${path}.part`, `${JSON.stringify(cell)}\n`);
      renameSync(`${path}.part`, path);
      const restored = cell.restored ? "restored" : "not restored";
      const catastrophes = cell.catastrophes.length > 0 ? `, CATASTROPHE ${cell.catastrophes.join(", ")}` : "";
      tell(`${run.policy} × ${run.fault}, seed ${run.seed}: ${cell.outcome}, ${restored}${catastrophes}`);
      return cell;
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      tell(`${run.policy} × ${run.fault}, seed ${run.seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return null;
}

async function main(): Promise<number> {
  const faults = values.faults.split(",").map((name) => FAULT_NAMES.find((known) => known === name.toUpperCase()));
  const policies = values.policies.split(",");
  if (faults.includes(undefined)) {
    tell(`no such fault; there are ${FAULT_NAMES.join(", ")}`);
    return 64;
  }
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.seed) + index);
  mkdirSync(values.work, { recursive: true });
  const cells: Cell[] = [];
  let missingCount = 0;
  for (const seed of seeds) {
    for (const fault of faults) {
      for (const policy of policies) {
        const cell = fault === undefined ? null : await measure({ policy, fault, seed });
        if (cell === null) missingCount += 1;
        else cells.push(cell);
      }
    }
  }
  const summary = summariseCells(cells);
  const text = renderRespondTable(summary, cells, missingCount);
  mkdirSync(values.out, { recursive: true });
  writeFileSync(
    join(values.out, "respond.json"),
    `${JSON.stringify({ format: "interlock-lab.respond-table/1", ...summary, missingCount, cells }, undefined, 1)}\n`,
  );
  writeFileSync(join(values.out, "respond.md"), text);
  process.stdout.write(text);
  return missingCount === 0 && summary.claims.every(({ holds }) => holds) ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  tell(error instanceof Error ? error.message : String(error));
  return error instanceof Interrupted ? 130 : 1;
});
