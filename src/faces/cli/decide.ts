import { type DecisionAfter, decideAfter } from "../../core/belief/explain/after.ts";
import { drawDot, drawMermaid } from "../../core/belief/explain/draw-graph.ts";
import { type Explanation, explainDecision } from "../../core/belief/explain/explain.ts";
import { hearJudges } from "../../core/belief/judge/judge.ts";
import { countPolicyNodes, type Decision, firstMoveOf, type Observation } from "../../core/belief/policy.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import { solveAveragePlan } from "../../core/belief/solve/comparison-policies.ts";
import { riskIfSensorsLie } from "../../core/belief/solve/lying-sensors.ts";
import { decideSituation } from "../../core/belief/solve/solve-limited.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { readSituation, type SituationFile } from "../../packs/read-situation.ts";
import { type CliContext, readInput } from "./context.ts";
import { type HeardJudges, hearJudgeFiles } from "./decide-judges.ts";
import { renderDecision } from "./decide-render.ts";
import { walkDecision } from "./decide-walk.ts";
import { printDocument, refuse } from "./report.ts";

/** What `interlock decide` was asked. */
export interface DecideOptions {
  /** A situation or a card, by what it holds; `-` is stdin. */
  readonly situationPath: string | null;
  /** A foreign decision card. */
  readonly cardPath: string | null;
  /** `PROBE=OUTCOME`, in the order in which they were seen. */
  readonly observe: readonly string[];
  /** Judges with their measured tables, and their recorded answers, heard before anything is decided. */
  readonly judges: readonly string[];
  readonly heard: readonly string[];
  readonly format: "text" | "json" | "dot" | "mermaid";
  /** Adds the flip analysis, and to JSON the whole explanation. */
  readonly isExplained: boolean;
  /** Exact solves the flip analysis may spend. */
  readonly flipSolves: number;
}

/** Decides a situation, shows why, and lets a person walk the policy; gives the exit code (0 decided, 14 nothing keeps the limit). */
export async function runDecide(context: CliContext, options: DecideOptions): Promise<number> {
  const json = options.format === "json";
  const loaded = await loadSituation(context, options);
  if (!loaded.ok) return refuse(context, loaded.error, { json });
  const observations = parseObservations(options.observe);
  if (!observations.ok) return refuse(context, observations.error, { json });
  const judged = await hearJudgeFiles(context, options, loaded.value.situation);
  if (!judged.ok) return refuse(context, judged.error, { json });
  const after = decideAfter(judged.value.situation, observations.value);
  if (!after.ok) return refuse(context, after.error, { json });
  const explain = (): Explanation =>
    explainAfter(loaded.value, { after: after.value, judged: judged.value, observations: observations.value }, options);
  switch (options.format) {
    case "json":
      printDocument(context, decisionDocument(after.value, options.isExplained ? explain() : null));
      break;
    case "dot":
      printPolicy(context, after.value, drawDot);
      break;
    case "mermaid":
      printPolicy(context, after.value, drawMermaid);
      break;
    case "text": {
      if (options.isExplained && context.isOutTerminal)
        context.err(`deciding anew, up to ${options.flipSolves} times, to see how far each number may be wrong\n`);
      context.out(
        `${renderDecision(after.value, explain(), { observations: observations.value, heard: judged.value.evidence, isExplained: options.isExplained }).join("\n")}\n`,
      );
      if (context.isInteractive && options.observe.length === 0) await walkDecision(context, judged.value.situation);
      break;
    }
  }
  return exitCodeOf(context, after.value.decision, options);
}

function exitCodeOf(context: CliContext, decision: Decision, { format }: DecideOptions): number {
  if (decision.kind === "decided") return 0;
  // The text says so itself; a script that reads a drawing or a document on stdout learns it here.
  if (format !== "text")
    context.err(`nothing keeps the limit: the smallest reachable risk is ${decision.minimumRisk.risk}\n`);
  return 14;
}

async function loadSituation(
  context: CliContext,
  options: DecideOptions,
): Promise<Result<SituationFile, readonly Problem[]>> {
  const path = options.cardPath ?? options.situationPath;
  if (path === null || (options.cardPath !== null && options.situationPath !== null)) {
    return fail([
      problem(
        "E_USAGE",
        "",
        "name one situation, or one card with `--card`",
        "for example `interlock decide situation.yaml`",
      ),
    ]);
  }
  const bytes = await readInput(context, path);
  return bytes.ok ? readSituation(bytes.value, { mustBeCard: options.cardPath !== null }) : fail([bytes.error]);
}

/** Reads `PROBE=OUTCOME`; names hold no `=`. */
export function parseObservations(given: readonly string[]): Result<readonly Observation[], readonly Problem[]> {
  const problems = given
    .filter((text) => !/^[^=]+=[^=]+$/.test(text))
    .map((text) =>
      problem(
        "E_USAGE",
        "",
        `${quote(text)} is not PROBE=OUTCOME`,
        "for example `--observe check_db_locks=contention`",
      ),
    );
  if (problems.length > 0) return fail(problems);
  return ok(
    given.map((text) => {
      const [step = "", outcome = ""] = text.split("=");
      return { step, outcome };
    }),
  );
}

interface Decided {
  readonly after: DecisionAfter;
  readonly judged: HeardJudges;
  readonly observations: readonly Observation[];
}

function explainAfter(
  file: SituationFile,
  { after, judged, observations }: Decided,
  options: DecideOptions,
): Explanation {
  const again = (situation: Situation): Decision | null => decideAgain(situation, after, observations);
  return explainDecision(after.situation, after.decision, {
    flipSolves: options.isExplained ? options.flipSolves : 0,
    withoutOpinion: file.withoutOpinion === null ? null : again(hearAgain(file.withoutOpinion, judged.evidence)),
    withoutJudges: judged.evidence.length === 0 ? null : again(file.situation),
  });
}

/** Judges stay heard when opinion is taken out: their likelihoods multiply whatever the priors are. */
function hearAgain(situation: Situation, evidence: HeardJudges["evidence"]): Situation {
  const contexts = hearJudges(situation.contexts, evidence);
  return contexts.ok ? { ...situation, contexts: contexts.value } : situation;
}

/** Another reading of the same incident: the same observations, the same limit. */
function decideAgain(
  situation: Situation,
  after: DecisionAfter,
  observations: readonly Observation[],
): Decision | null {
  const other = decideAfter(situation, observations);
  if (!other.ok) return null;
  const decided = decideSituation({ ...other.value.situation, limit: after.situation.limit });
  return decided.ok ? decided.value : null;
}

/** What scripts read (`interlock.decision/1`); `null` where nothing keeps the limit. Everything beyond these fields stands under `explanation`. */
export function decisionDocument({ situation, decision }: DecisionAfter, explanation: Explanation | null) {
  const chosen = decision.kind === "decided" ? decision.chosen : null;
  const average = solveAveragePlan(situation);
  return {
    format: "interlock.decision/1" as const,
    value: chosen?.value ?? null,
    risk: chosen?.risk ?? null,
    firstStep: chosen === null ? null : firstMoveOf(chosen.policy),
    unlimited: {
      value: decision.unlimited.value,
      risk: decision.unlimited.risk,
      firstStep: firstMoveOf(decision.unlimited.policy),
    },
    averagePlan: { action: situation.averagePlan, value: average.value, risk: average.risk },
    minimumRisk: decision.minimumRisk.risk,
    riskIfSensorsLie: chosen === null ? null : riskIfSensorsLie(situation, chosen.policy),
    nodeCount: chosen === null ? null : countPolicyNodes(chosen.policy),
    ...(explanation === null
      ? {}
      : { explanation: { ...explanation, remedies: decision.kind === "infeasible" ? decision.remedies : [] } }),
  };
}

/** Draws the policy chosen, or the most careful one when nothing keeps the limit. */
function printPolicy(context: CliContext, { situation, decision }: DecisionAfter, draw: typeof drawDot): void {
  const shown = decision.kind === "decided" ? decision.chosen : decision.minimumRisk;
  context.out(`${draw(situation, shown.policy).join("\n")}\n`);
}
