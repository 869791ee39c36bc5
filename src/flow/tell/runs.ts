import type { Principal } from "../../core/approval/approval.ts";
import type { PlanIntent } from "../../core/plan/plan.ts";
import { intentIn } from "../../core/plan/read-plan.ts";
import { viewRun } from "../../core/run/tell/view.ts";
import type { CalledStep, FailedStep, OverwrittenFact } from "../../core/run/words/event.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { parseDigest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { endIn } from "../../log/run-end.ts";
import type { RunListState, RunRow } from "../../log/run-index.ts";
import { type BrokenInvariant, brokenIn } from "../../log/run-invariants.ts";
import { EngineSight, workedStates } from "../site/engine-sight.ts";
import { findPlan } from "../site/find.ts";
import { noStoreYet, type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** Which runs to list, and from where on. */
export interface RunsRequest {
  /** Only runs in this state; `null` for all. */
  readonly state: RunListState | null;
  /** Only runs of this plan; `null` for all. */
  readonly plan: string | null;
  /**
   * Only runs whose ids begin with this, with or without `run_`; `null` for all. Later runs have greater ids. Cannot be
   * combined with `plan`.
   */
  readonly prefix: string | null;
  /** Only runs older than this record, which is the `next` of the page before; `null` for the newest runs. */
  readonly beforeSeq: number | null;
  /** How many at most, 1 to 1000. */
  readonly limit: number;
}

/** A run as the list shows it. */
export interface ListedRun extends RunRow {
  /** Who started it, with their kind: an agent may bear the name of a person. */
  readonly by: Principal | null;
  /**
   * Whether an engine works on it. `null` if the run does not need one, because it has ended or waits for a person, and
   * if that cannot be seen from here (`WatchedRun.hasEngine`).
   */
  readonly hasEngine: boolean | null;
  /** Why it ended, or why it rests, as a sentence; `null` while it goes on. */
  readonly reason: string | null;
  /** Once it has ended: steps whose effect is, or may be, in the world. */
  readonly wrote: readonly string[];
  /** Steps that failed and were not put right so far; empty while the run goes on. */
  readonly failed: readonly FailedStep[];
  /** Steps that were read back, as done or as undone, although their call did not report success. */
  readonly unacknowledged: readonly CalledStep[];
  /** Values that stand overwritten although they were not as planned, or as the run itself had left them. */
  readonly overwrote: readonly OverwrittenFact[];
  /** What was asked for, by whom, and who worded the goal; `null` where the plan does not say or is no longer kept. */
  readonly asked: PlanIntent | null;
  /** Invariants that a reading of the run showed to be broken, and none since to hold again. */
  readonly broken: readonly BrokenInvariant[];
}

/** One page of runs, newest first. */
export interface RunsPage {
  readonly runs: readonly ListedRun[];
  /** Where the next page begins; `null` if this is the last page. */
  readonly next: number | null;
  /** The problem that there is no store yet, or `null` if there is one. */
  readonly noStore: Problem | null;
}

const limitMax = 1_000;

/** Lists runs, newest first. If there is no store yet, the page is empty; that is not a refusal. */
export async function listRuns(place: Workplace, request: RunsRequest): Promise<Result<RunsPage, readonly Problem[]>> {
  const { limit, plan, prefix } = request;
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    return fail([problem("E_USAGE", "/limit", `a page has 1 to ${limitMax} runs`)]);
  if (plan !== null && prefix !== null)
    return fail([
      problem("E_USAGE", "", "a plan and a prefix are both given", "a plan has few runs: look for its runs alone"),
    ]);
  const read = await withLog<readonly ListedRun[]>(place, async (log) => {
    const rows = await findRuns(log, place.actor, request);
    if (!rows.ok) return rows;
    const sight = new EngineSight(place);
    const asked = new Map<string, PlanIntent | null>();
    const listed: ListedRun[] = [];
    for (const row of rows.value) {
      const needsEngine = workedStates.includes(row.state);
      const hasEngine = needsEngine ? await sight.worksOn(log, row.runId) : null;
      if (!asked.has(row.planHash)) asked.set(row.planHash, await readIntent(log, row.planHash));
      const intent = asked.get(row.planHash) ?? null;
      const told = await toldOf(log, row);
      listed.push({
        ...row,
        by: await starterOf(log, row.runId),
        hasEngine,
        ...told,
        broken: brokenIn(log.lists, row),
        asked: intent,
      });
    }
    return ok(listed);
  });
  if (read.ok)
    return ok({ runs: read.value, next: read.value.length === limit ? lastSeq(read.value) : null, noStore: null });
  const noStore = noStoreYet(read.error);
  // Without a site as well, nobody can have meant this place.
  return noStore === null || place.configPath === null ? read : ok({ runs: [], next: null, noStore });
}

/** Who started a run; `null` where its first record is no longer kept. */
async function starterOf(log: SiteLog, runId: string): Promise<Principal | null> {
  for await (const { event } of log.events(runId)) return event.kind === "run_started" ? event.actor : null;
  return null;
}

async function readIntent(log: SiteLog, planHash: string): Promise<PlanIntent | null> {
  const digest = parseDigest(planHash);
  return digest.ok ? intentIn(await log.document(digest.value)) : null;
}

/** A run that rests in one of these states says why only in the state of its steps. */
const restingStates: readonly RunListState[] = ["in_doubt", "dirty", "killed"];

type ToldRun = Pick<ListedRun, "reason" | "wrote" | "failed" | "unacknowledged" | "overwrote">;

/** What an ended run says of itself, and one that waits for a person. */
async function toldOf(log: SiteLog, row: RunRow): Promise<ToldRun> {
  const end = endIn(log.lists, row);
  if (end !== null) {
    const { reason, wrote, failed = [], unacknowledged = [], overwrote = [] } = end;
    return { reason, wrote, failed, unacknowledged, overwrote };
  }
  const run = restingStates.includes(row.state) ? await log.run(row.runId) : null;
  if (run === null || !run.ok) return { reason: null, wrote: [], failed: [], unacknowledged: [], overwrote: [] };
  const { waitingFor, wrote, failed, unacknowledged, overwrote, reason } = viewRun(run.value);
  const asked = waitingFor.find(({ kind }) => kind === "person");
  return { reason: asked?.reason ?? reason, wrote, failed, unacknowledged, overwrote };
}

async function findRuns(
  log: SiteLog,
  actor: Principal,
  { plan, prefix, state, beforeSeq, limit }: RunsRequest,
): Promise<Result<readonly RunRow[], readonly Problem[]>> {
  const range = { state, limit, beforeSeq: beforeSeq ?? Number.MAX_SAFE_INTEGER };
  if (prefix !== null) {
    const whole = prefix.startsWith("run_") ? prefix : `run_${prefix}`;
    return ok(log.lists.runsWithPrefix({ ...range, prefix: whole }));
  }
  if (plan === null) return ok(log.lists.runs(range));
  const found = await findPlan(log, { plan, actor });
  if (!found.ok) return fail([found.error]);
  const { planHash } = found.value;
  return ok(log.lists.runsOfPlan({ ...range, planHash, sinceSeq: await seqOfPlan(log, planHash) }));
}

/** Where the plan was first recorded. None of its runs is older. */
async function seqOfPlan(log: SiteLog, planHash: string): Promise<number> {
  for await (const { event, seq } of log.events("site"))
    if (event.kind === "plan_recorded" && event.planHash === planHash) return seq;
  return 0;
}

function lastSeq(rows: readonly RunRow[]): number | null {
  return rows.at(-1)?.seq ?? null;
}
