import type { Principal } from "../../core/approval/approval.ts";
import { checkStore } from "../../core/approval/check-store.ts";
import { readApprovalStatement } from "../../core/approval/parse-approval.ts";
import type { PlanIntent, PlanPreparer, Proposer } from "../../core/plan/plan.ts";
import { groupWrites } from "../../core/plan/show/group-writes.ts";
import { mapGet } from "../../core/run/collections/persistent-map.ts";
import { type SiteState, unusedApprovalOf } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type Identity, listIdentities } from "../../identities/identity.ts";
import { endedStates, type RunListState, type RunRow } from "../../log/run-index.ts";
import type { RunLists } from "../../log/store.ts";
import { isBorneOut, notBorneOut, openSigned } from "../approve/open-signed.ts";
import { readLead } from "../site/log-time.ts";
import { type PlanHistory, type RecordedApproval, readHistory } from "../site/plan-history.ts";
import { seeRun } from "../site/run-standing.ts";
import { findPinDrift, type Site } from "../site/site.ts";
import { noStoreYet, type SiteLog, withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";

/**
 * Where a plan is on its way. `waiting`: nobody has approved or rejected it, or its approval does not count here.
 * `approved`: an approval counts and no run has used it. `used`: it became a run, and nobody has approved it again.
 * `expired`: it was approved, and no run used the approval in time.
 */
export type PlanListState = "waiting" | "approved" | "rejected" | "used" | "expired";

/** Which plans to list, and from where on. */
export interface PlansRequest {
  /** Only plans in this state; `null` for all. */
  readonly state: PlanListState | null;
  /** Only plans made before this record, which is the `next` of the page before; `null` for the newest plans. */
  readonly beforeSeq: number | null;
  /** How many at most, 1 to 1000. */
  readonly limit: number;
}

/** A plan as the list shows it. Whether it could run now is not examined: `apply` examines that. */
export interface ListedPlan {
  readonly planHash: Digest;
  readonly state: PlanListState;
  /** The record with which it was made last. */
  readonly seq: number;
  readonly plannedMs: number;
  readonly plannedBy: Principal;
  /** Here and below, `null` means that the plan's text is no longer kept. */
  readonly proposer: Proposer | null;
  /** Who gave the command; `null` also where that is simply the person on whose behalf it was proposed. */
  readonly preparedBy: PlanPreparer | null;
  /** What was asked for, by whom, and who worded the goal; `null` also where nobody recorded it. */
  readonly asked: PlanIntent | null;
  /** What the plan would change: an action and its target, equal ones together. Empty if it only reads. */
  readonly changes: readonly string[] | null;
  /** The approval that no run has used, or the one that `run` used; `null` if there is neither. */
  readonly approval: ListedApproval | null;
  /** Who rejected it, when and why; `null` if nobody did. */
  readonly rejection: { readonly by: Principal; readonly atMs: number; readonly reason: string } | null;
  /** The newest run since the plan was made last; `null` if there is none. */
  readonly run: { readonly runId: string; readonly state: RunListState; readonly startedMs: number } | null;
  /** Why it can never start here as it is, unless what was changed is changed back; `null` if nothing shows that. */
  readonly stale: Problem | null;
  /** What to do next, the best first. */
  readonly next: readonly NextStep[];
}

/** An approval of a plan: always the newest, as it replaces the older ones. */
export interface ListedApproval {
  readonly by: Principal;
  readonly atMs: number;
  /** `null` if the signed envelope cannot be read. */
  readonly expiresAtMs: number | null;
  /** Why it does not count here and now, whether or not it was used; `null` if nothing stands against it. */
  readonly problem: Problem | null;
}

/** One page of plans, newest first. */
export interface PlansPage {
  readonly plans: readonly ListedPlan[];
  /** Where the next page begins; `null` if this is the last page. */
  readonly next: number | null;
  /** The problem that there is no store yet, or `null` if there is one. */
  readonly noStore: Problem | null;
}

const limitMax = 1_000;

/**
 * Lists the plans that were made in this store, newest first. If there is no store yet, the page is empty; that is no
 * refusal.
 *
 * Cost: O(records of the site's stream), O(runs since the oldest plan that was looked at), and a document for each
 * approval that a run may not have used.
 */
export async function listPlans(
  place: Workplace,
  request: PlansRequest,
): Promise<Result<PlansPage, readonly Problem[]>> {
  const { limit, state, beforeSeq } = request;
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    return fail([problem("E_USAGE", "/limit", `a page has 1 to ${limitMax} plans`)]);
  const read = await withLog<PlansPage>(place, async (log) => {
    const { plans } = await readHistory(log);
    const reader = await openListing(place, log);
    const listed: ListedPlan[] = [];
    for (const plan of [...plans.values()].reverse()) {
      if (beforeSeq !== null && plan.seq >= beforeSeq) continue;
      const found = await standingOf(reader, plan);
      if (state !== null && found.state !== state) continue;
      if (listed.length === limit) return ok({ plans: listed, next: listed.at(-1)?.seq ?? null, noStore: null });
      listed.push(await list(reader, plan, found));
    }
    return ok({ plans: listed, next: null, noStore: null });
  });
  const noStore = read.ok ? null : noStoreYet(read.error);
  // Without a site as well, nobody can have meant this place.
  return noStore === null || place.configPath === null ? read : ok({ plans: [], next: null, noStore });
}

/** What a listing reads once. */
interface Listing {
  readonly place: Workplace;
  readonly log: SiteLog;
  readonly runs: NewestRuns;
  readonly site: SiteState;
  readonly identities: readonly Identity[];
  /** Read when it is first asked for, because a page may list nothing; `null` where it cannot be read. */
  readonly configured: () => Site | null;
  /** The log's time: the kernel will judge an approval by it. */
  readonly nowMs: number;
}

async function openListing(place: Workplace, log: SiteLog): Promise<Listing> {
  const identities = listIdentities(place.identityFolder);
  const site = await log.siteState();
  const { leadMs } = await readLead(place, log);
  let configured: Site | null | undefined;
  return {
    place,
    log,
    runs: new NewestRuns(log.lists),
    site,
    configured: () => {
      if (configured === undefined) configured = readSite(place);
      return configured;
    },
    identities: identities.ok ? identities.value : [],
    nowMs: place.ports.clock.nowMs() + leadMs,
  };
}

function readSite(place: Workplace): Site | null {
  const site = siteOf(place);
  return site.ok ? site.value : null;
}

/** Where a plan is, and its newest run. */
interface PlanStanding {
  readonly state: PlanListState;
  readonly run: RunRow | null;
}

async function standingOf(listing: Listing, plan: PlanHistory): Promise<PlanStanding> {
  const run = listing.runs.newestOf(plan);
  const newest = plan.approvals.at(-1);
  if (plan.rejection !== null) return { state: "rejected", run };
  const unused = await unusedOf(listing, plan);
  if (unused?.problem === null) return { state: "approved", run };
  if (run !== null) return { state: "used", run };
  const isOfThisMaking = newest !== undefined && newest.seq > plan.seq;
  const isExpired = isOfThisMaking && unused?.problem?.code === "E_APPROVAL_EXPIRED";
  return { state: isExpired ? "expired" : "waiting", run };
}

/** The approval by which the plan may still start, with what stands against it; `null` if there is none. */
async function unusedOf(listing: Listing, { planHash, approvals }: PlanHistory): Promise<ListedApproval | null> {
  const newest = approvals.at(-1);
  return newest === undefined || newest.approvalId !== unusedApprovalOf(listing.site, planHash)
    ? null
    : readApproval(listing, newest);
}

/** The approval to show: one that no run has used, or the one that the shown run used. */
async function shownApproval(listing: Listing, plan: PlanHistory, run: RunRow | null): Promise<ListedApproval | null> {
  const newest = plan.approvals.at(-1);
  if (newest === undefined) return null;
  const unused = await unusedOf(listing, plan);
  if (unused !== null) return unused;
  const usedBy = mapGet(listing.site.newestApprovals, plan.planHash)?.usedBy;
  return run !== null && usedBy === run.runId ? readApproval(listing, newest) : null;
}

/** An approval from its signed envelope, held against the time, the store and the keys that are known here. */
async function readApproval(
  { log, identities, nowMs }: Listing,
  { envelope, by, atMs }: RecordedApproval,
): Promise<ListedApproval> {
  const stored = await log.document(envelope);
  const opened = openSigned(envelope, { document: () => stored }, identities);
  if (!opened.ok) return { by, atMs, expiresAtMs: null, problem: opened.error };
  const approval = readApprovalStatement(opened.value.statement);
  if (!approval.ok) return { by, atMs, expiresAtMs: null, problem: approval.error };
  const { expiresAtMs } = approval.value;
  if (!isBorneOut(approval.value, opened.value.signer)) return { by, atMs, expiresAtMs, problem: notBorneOut() };
  const store = log.store();
  const [elsewhere] = store === null ? [] : checkStore(approval.value, store);
  const expired = nowMs >= expiresAtMs ? problem("E_APPROVAL_EXPIRED", "", "the approval has expired") : null;
  return { by, atMs, expiresAtMs, problem: expired ?? elsewhere ?? null };
}

async function list(listing: Listing, plan: PlanHistory, { state, run }: PlanStanding): Promise<ListedPlan> {
  const { planHash, seq, atMs, by, rejection } = plan;
  const text = await listing.log.plan(planHash);
  const known = text.ok ? text.value : null;
  const isOpen = state === "waiting" || state === "approved" || state === "expired";
  const configured = isOpen && known !== null ? listing.configured() : null;
  const stale = configured === null || known === null ? null : findPinDrift(configured, known.pins);
  const isReadOnly = known?.bounds.writeCount === 0;
  return {
    planHash,
    state,
    seq,
    plannedMs: atMs,
    plannedBy: by,
    proposer: known?.proposer ?? null,
    preparedBy: known?.preparedBy ?? null,
    asked: known?.intent ?? null,
    changes: known === null ? null : groupWrites(known).map(({ phrase }) => phrase),
    approval: await shownApproval(listing, plan, run),
    rejection,
    run: run === null ? null : { runId: run.runId, state: run.state, startedMs: run.startedMs },
    stale,
    next: stale === null ? await nextOf(listing, { planHash, state, run, isReadOnly }) : planAgain(planHash),
  };
}

function planAgain(planHash: Digest): readonly NextStep[] {
  return [{ do: "plan" }, { do: "show_plan", plan: planHash }];
}

async function nextOf(
  { place, log }: Listing,
  { planHash, state, run, isReadOnly }: PlanStanding & { readonly planHash: Digest; readonly isReadOnly: boolean },
): Promise<readonly NextStep[]> {
  const show = { do: "show_plan", plan: planHash } as const;
  switch (state) {
    case "waiting":
    case "expired":
      return [{ do: isReadOnly ? "apply" : "approve", plan: planHash }, show];
    case "approved":
      return [{ do: "apply", plan: planHash }, show];
    case "rejected":
      return [show];
    case "used":
      if (run === null) return [show];
      if (endedStates.includes(run.state)) return [{ do: "explain", run: run.runId }];
      return nextOfRun(place, log, run.runId);
  }
}

async function nextOfRun(place: Workplace, log: SiteLog, runId: string): Promise<readonly NextStep[]> {
  const seen = await seeRun(place, log, runId);
  return seen.ok && seen.value.next.length > 0 ? seen.value.next : [{ do: "explain", run: runId }];
}

/** A page of runs that is read ahead. */
const runPageSize = 500;

/**
 * The newest run of each plan, read backwards from the newest run only as far as the plans that are asked for go back.
 * Plans have to be asked for newest first: no run is older than its plan.
 */
class NewestRuns {
  readonly #lists: Pick<RunLists, "runs">;
  readonly #newest = new Map<string, RunRow>();
  #beforeSeq = Number.MAX_SAFE_INTEGER;
  #isAtEnd = false;

  constructor(lists: Pick<RunLists, "runs">) {
    this.#lists = lists;
  }

  /** The newest run since the plan was made last, or `null`. */
  newestOf({ planHash, seq }: PlanHistory): RunRow | null {
    while (!this.#isAtEnd && this.#beforeSeq > seq) this.#readPage();
    const run = this.#newest.get(planHash);
    return run !== undefined && run.seq > seq ? run : null;
  }

  #readPage(): void {
    const rows = this.#lists.runs({ state: null, beforeSeq: this.#beforeSeq, limit: runPageSize });
    for (const row of rows) if (!this.#newest.has(row.planHash)) this.#newest.set(row.planHash, row);
    this.#beforeSeq = rows.at(-1)?.seq ?? 0;
    this.#isAtEnd = rows.length < runPageSize;
  }
}
