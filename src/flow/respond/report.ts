import type { Alternative } from "../../core/belief/explain/alternatives.ts";
import type { Observation } from "../../core/belief/policy.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import { viewRun } from "../../core/run/tell/view.ts";
import { isEnded, type RunState } from "../../core/run/words/state.ts";
import type { Code } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { assertNever } from "../../core/value/invariant.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import type { Alert } from "./parse-alert.ts";
import type { ScoredProposal } from "./score-proposal.ts";
import type { Testimony } from "./testimony.ts";

/**
 * How an incident closed. `restored`: the response's post-conditions were read back and held, and the second witness
 * says the same. `restored_in_part`: the run reached its ending, and steps of it failed, as its plan tolerates.
 * `nothing_to_do`: the objective holds, and so says the second witness. `disputed`: one witness says that the objective
 * holds, and the other does not. `waiting`: a step is in doubt or cannot be undone, and a person owns it. `abandoned`:
 * the process that answered it ended before any run was started.
 */
export type ResponseOutcome =
  | "restored"
  | "nothing_to_do"
  | "disputed"
  | "restored_in_part"
  | "escalated"
  | "compensated"
  | "stopped"
  | "waiting"
  | "observed"
  | "not_approved"
  | "cancelled"
  | "abandoned";

/** How an incident leaves the world: the third column of docs/exit-codes.md. */
export type World = "as_wanted" | "untouched" | "restored" | "dirty" | "unknown" | "listed" | "as_told";

/** What a person who takes over needs: the alternatives, and the plan that would be next, ready to be approved. */
export interface Handover {
  readonly alternatives: readonly Alternative[];
  readonly next: NextPlan | null;
  /** What to do next, in order. */
  readonly steps: readonly NextStep[];
}

/**
 * The best act under the present belief, regardless of the limit. It is compiled and recorded, but nobody has approved
 * it.
 */
export interface NextPlan {
  readonly response: string;
  readonly value: number;
  readonly risk: number;
  /** The same figures rounded, for people. */
  readonly figures: { readonly value: string; readonly risk: string };
  readonly keepsLimit: boolean;
  readonly planHash: Digest;
}

/** The format of a closing record. In version 1, the handover had commands of the command line. */
export const reportFormat = "interlock.response/2";

/** The format of drafts that a process of 0.1.0 may have left. */
export const firstReportFormat = "interlock.response/1";

/** The probability of one context, before something was seen and after. */
export interface BelievedContext {
  readonly context: string;
  readonly before: number;
  readonly after: number;
}

/**
 * The closing record of an incident: what was believed, decided and done, and by whom. It is stored beside the log
 * under its digest.
 */
export interface ResponseReport {
  readonly format: "interlock.response/2";
  readonly incidentId: string;
  readonly alert: Pick<Alert, "key" | "name" | "summary">;
  readonly situation: { readonly id: string; readonly digest: Digest };
  readonly belief: readonly BelievedContext[];
  readonly observations: readonly Observation[];
  readonly proposed: ScoredProposal | null;
  readonly chosen: { readonly response: string; readonly value: number; readonly risk: number } | null;
  readonly averagePlan: { readonly response: string; readonly value: number; readonly risk: number };
  readonly outcome: ResponseOutcome;
  readonly world: World;
  readonly reason: string;
  /** The refusal that ended it, or `null`. */
  readonly code: Code | null;
  readonly runIds: readonly string[];
  readonly planHash: Digest | null;
  /**
   * The digest of an `interlock.risk-table/1` beside the log: risk spent and to go after every history of outcomes of
   * the plan.
   */
  readonly riskTable: Digest | null;
  readonly approvedBy: string | null;
  readonly wrote: readonly string[];
  readonly waitingFor: readonly {
    readonly stepId: string | null;
    readonly owner: string | null;
    readonly reason: string;
  }[];
  readonly handover: Handover | null;
  readonly durationMs: number;
  /** What was last heard of the objective and of the second witness. Absent where neither was asked. */
  readonly testimony?: readonly Testimony[];
}

/** Two beliefs side by side, one row for each context. */
export function believed(
  { contexts }: Situation,
  before: readonly number[],
  after: readonly number[],
): readonly BelievedContext[] {
  return contexts.map(({ id }, index) => ({ context: id, before: before[index] ?? 0, after: after[index] ?? 0 }));
}

/** The part of a report that a run decides. */
export type RunEnd = Pick<ResponseReport, "outcome" | "world" | "reason" | "wrote" | "waitingFor">;

/** The outcome of the run that carried the response out. It counts as a success only if the run read it back. */
export function endOfRun(run: RunState): RunEnd {
  const view = viewRun(run);
  const reason = view.reason ?? "";
  if (!isEnded(run)) {
    const waitingFor = view.waitingFor.map(({ stepId, owner, reason: why }) => ({ stepId, owner, reason: why }));
    const isInDoubt = view.steps.some(({ status }) => status === "in_doubt");
    const world = view.phase === "dirty" ? "dirty" : isInDoubt ? "unknown" : "listed";
    return {
      outcome: "waiting",
      world,
      reason: waitingFor.map(({ reason: why }) => why).join("; ") || reason || "the run waits",
      wrote: touchedSteps(view),
      waitingFor,
    };
  }
  const { wrote } = view;
  const listed = wrote.length > 0 ? "listed" : "untouched";
  const common = { reason, wrote, waitingFor: [] };
  switch (view.outcome) {
    case "succeeded":
      // What undoes a response brings back what was, and not what was wanted.
      return run.prepared.plan.proposer.kind === "recovery"
        ? { ...common, wrote: [], outcome: "compensated", world: "restored" }
        : { ...common, outcome: "restored", world: "as_wanted" };
    case "succeeded_in_part":
      return { ...common, outcome: wrote.length > 0 ? "restored_in_part" : "escalated", world: listed };
    case "compensated":
      return { ...common, outcome: "compensated", world: "restored" };
    case "stopped":
      return { ...common, outcome: "stopped", world: listed };
    case "escalated":
      return { ...common, outcome: "escalated", world: listed };
    case "closed":
      return { ...common, outcome: "escalated", world: "as_told" };
    case null:
      return { ...common, outcome: "escalated", world: "dirty" };
    default:
      return assertNever(view.outcome);
  }
}

/** The steps of a run under way that were sent at least once: a person has to look at these. */
function touchedSteps(view: ReturnType<typeof viewRun>): readonly string[] {
  return view.steps.filter(({ kind, attemptCount }) => kind === "act" && attemptCount > 0).map(({ id }) => id);
}
