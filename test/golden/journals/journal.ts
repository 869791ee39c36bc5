// A stored journal: a plan, the records of one run of it, and the state after each record.
import type { Plan } from "../../../src/core/plan/plan.ts";
import { applyRun, createRun } from "../../../src/core/run/apply/apply.ts";
import { applySite, emptySite } from "../../../src/core/run/apply/site.ts";
import { vectorItems } from "../../../src/core/run/collections/persistent-vector.ts";
import { viewRun, type WaitView } from "../../../src/core/run/tell/view.ts";
import type { Event } from "../../../src/core/run/words/event.ts";
import type { RunState, SiteState } from "../../../src/core/run/words/state.ts";
import { canonicalText } from "../../../src/core/value/canonical.ts";
import { type Digest, digest } from "../../../src/core/value/digest.ts";
import { siteToJson } from "../../../src/log/site-snapshot.ts";

/** One journal as its file has it. */
export interface Journal {
  readonly format: "interlock.golden-journal/1";
  readonly release: string;
  readonly runId: string;
  readonly planHash: Digest;
  readonly plan: Plan;
  readonly records: readonly { readonly atMs: number; readonly event: Event }[];
  /** The digest of the run's and the site's state after each record. */
  readonly states: readonly Digest[];
}

/** The state to which each prefix of a journal folds (I7). */
export function foldPrefixes({
  plan,
  planHash,
  runId,
  records,
}: Pick<Journal, "plan" | "planHash" | "runId" | "records">): readonly Digest[] {
  let run = createRun(plan, planHash, runId);
  let site = applySite(emptySite(), { kind: "engine_opened", runId: null, epoch: 1, release: "golden" }, 0);
  return records.map(({ event, atMs }) => {
    if (event.runId !== null) run = applyRun(run, event, atMs);
    site = applySite(site, event, atMs);
    return digest("interlock.golden-state/1", [meaningOf(run), siteText(site)]);
  });
}

/** The text of a site's state, in the form that the first journals hashed. */
export function siteText(site: SiteState): string {
  // A later release may keep more of a site. No record of the first journals says anything of the clock, and their
  // release did not keep which approval of a plan is the newest.
  const { clockLeadMs: _, newestApprovals: __, ...known } = siteToJson(site);
  return canonicalText({ format: "interlock.site-snapshot/1", site: known });
}

/**
 * What a run's state means: where it is, how each step ended, how the world was left. A later release may represent the
 * state otherwise, but it must mean the same.
 */
export function meaningOf(run: RunState): object {
  // What the first journals did not show is left out. Which steps failed is in `kinds` already. Releases that held no
  // invariants recorded nothing of them, so none is broken. Which calls reported no success is told by their replies.
  const { sinceMs: _, failed: __, broken: ___, unacknowledged: ____, overwrote: _____, reason, ...view } = viewRun(run);
  // A later release names each step for people, which the plan says and not the state.
  const steps = view.steps.map(({ name: _name, ...step }) => step);
  // It also says until when a call and a reading before a write may take. That follows from the step's command. And it
  // says how a doubt is followed, which the plan says.
  const statuses = new Map(view.steps.map(({ id, status }) => [id, status]));
  const waitingFor = view.waitingFor
    .map(withFirstWords)
    .map(({ doubt: _doubt, ...wait }) =>
      wait.kind === "reply" || (wait.kind === "reading" && statuses.get(wait.stepId ?? "") !== "verifying")
        ? { ...wait, untilMs: null }
        : wait,
    );
  // Only what was counted when the first journals were written: a later release may count more.
  const { callCount, writeCount, outputBytes, costUsd } = run.spent;
  return {
    ...view,
    reason: reasonAsRecorded(run, reason),
    steps,
    waitingFor,
    phase: run.phase,
    kinds: vectorItems(run.steps).map(({ kind }) => kind),
    baselines: vectorItems(run.baselines).filter((seen) => seen !== null),
    locks: run.locks,
    owner: run.owner,
    spent: { callCount, writeCount, outputBytes, costUsd },
    epoch: run.epoch,
    deadlineMs: run.deadlineMs,
    lastSeenMs: run.lastSeenMs,
    doubtCount: run.doubtCount,
  };
}

/** A wait with the words that the first journals had: their release said of an ending's reading what it said of all. */
function withFirstWords(wait: WaitView): WaitView {
  return wait.reason === "reads back whether the goal holds"
    ? { ...wait, reason: "reads the world before it acts" }
    : wait;
}

/** Why a run drains or was killed, without the sentence that a later release puts around it. */
function reasonAsRecorded({ phase }: RunState, reason: string | null): string | null {
  if (phase.kind === "draining") return phase.problem?.message ?? phase.reason ?? null;
  return phase.kind === "killed" ? phase.reason : reason;
}
