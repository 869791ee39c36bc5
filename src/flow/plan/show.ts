import type { Principal } from "../../core/approval/approval.ts";
import { phrasesToType } from "../../core/approval/check-approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { planFileText } from "../../core/plan/plan-hash.ts";
import { diffPlans, type PlanDiff, renderDiff } from "../../core/plan/show/diff.ts";
import { drawDot, drawMermaid } from "../../core/plan/show/draw-plan.ts";
import { outlinePlan, type PlanOutline } from "../../core/plan/show/outline.ts";
import { renderOutline } from "../../core/plan/show/render-outline.ts";
import { renderReview } from "../../core/plan/show/render-review.ts";
import { renderSummary } from "../../core/plan/show/render-summary.ts";
import { type Review, type ReviewMark, reviewPlan } from "../../core/plan/show/review.ts";
import { workOf } from "../../core/plan/show/same-work.ts";
import type { Undecided } from "../../core/proof/finding.ts";
import { type Outlook, outlookOf, tellUndecided } from "../../core/proof/outlook.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { isHeldByTime } from "../../engine/clock-skew.ts";
import { rejectionOf } from "../approve/rejection.ts";
import { type FoundPlan, findPlan } from "../site/find.ts";
import { readLead, skewOf } from "../site/log-time.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { SiteRecords } from "../site/site-records.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { knownForesight } from "./known-foresight.ts";
import { findRefusedRisks, termsOf } from "./outlook-terms.ts";

/** A plan as people review it. What is shown is what is signed. */
export interface ShownPlan {
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly review: Review;
  /** What following the plan's declared effects shows: risks, what stays open, and what it repairs. */
  readonly outlook: Outlook;
  /** What it changes and how it can end: what a person reads first. */
  readonly outline: PlanOutline;
  /**
   * What the approver has to type: action and target of each irreversible step, equal steps together, such as
   * `host.reboot host/h1 and 39 more`. Empty if the plan is proven.
   */
  readonly targetsToType: readonly string[];
  /** Whether a person has rejected it. Then nobody can approve or apply it any more. */
  readonly isRejected: boolean;
  /** Who rejected it, why, and what to do about it; `null` if nobody did. */
  readonly rejection: Problem | null;
  /**
   * Why nobody can approve it at this site: each of its risks that the site refuses. Empty if it refuses none, or if
   * its configuration cannot be read.
   */
  readonly refused: readonly Problem[];
  /** A plan that a person rejected and that does the same, under other names; `null` if there is none. */
  readonly rejectedTwin: RejectedTwin | null;
  /**
   * How far the log's time is ahead of this machine's clock, in milliseconds. Approvals and waits follow the log's
   * time.
   */
  readonly logAheadMs: number;
  /** Why no run of this plan would start now because of the time, or `null`. */
  readonly held: Problem | null;
  readonly texts: PlanTexts;
}

/** A rejected plan that does the same as another one. */
export interface RejectedTwin {
  readonly planHash: Digest;
  readonly by: Principal;
  readonly reason: string;
}

/** The plan as text, for faces that show text. */
export interface PlanTexts {
  /** What it changes and how it can end, for one screen. It says what it leaves out of the review. */
  readonly outline: string;
  /** The whole review: everything that stands in the plan. */
  readonly review: string;
  /** What it would change, in our own words: what a person sees last before deciding. */
  readonly summary: string;
  /** The graph for Graphviz. */
  readonly dot: string;
  readonly mermaid: string;
  /** The bytes of the plan's file. */
  readonly file: string;
}

/** Shows a plan that was compiled here. */
export function show(
  place: Workplace,
  request: { readonly plan: string },
): Promise<Result<ShownPlan, readonly Problem[]>> {
  return withLog(place, async (log) => {
    const found = await findPlan(log, { plan: request.plan, actor: place.actor });
    return found.ok ? ok(await showFound(place, log, found.value)) : fail([found.error]);
  });
}

/** Shows a plan that was found. */
async function showFound(place: Workplace, log: SiteLog, { plan, planHash }: FoundPlan): Promise<ShownPlan> {
  const records = await log.records();
  const rejection = rejectionOf(records, planHash);
  const site = siteOf(place);
  const lead = await readLead(place, log);
  const outlook = outlookOf(plan, await termsOf(place, plan), knownForesight(planHash));
  const review = reviewPlan(plan, marksOf(outlook), planHash);
  const outline = outlinePlan(plan);
  return {
    plan,
    planHash,
    review,
    outlook,
    outline,
    targetsToType: phrasesToType(plan),
    isRejected: rejection !== null,
    rejection,
    refused: site.ok ? await findRefusedRisks(site.value, plan) : [],
    rejectedTwin: rejection === null ? await findTwin(log, { plan, planHash }, records) : null,
    logAheadMs: lead.leadMs,
    held: isHeldByTime(plan) ? skewOf(place, lead) : null,
    texts: textsOf(plan, { review, outline, viewer: place.actor.id }),
  };
}

/** Older rejections are not looked at: each of them means to read a plan. */
const rejectionsMax = 50;

async function findTwin(
  log: SiteLog,
  { plan, planHash }: FoundPlan,
  { rejections }: Pick<SiteRecords, "rejections">,
): Promise<RejectedTwin | null> {
  const newest = rejections.filter((known) => known.planHash !== planHash).slice(-rejectionsMax);
  if (newest.length === 0) return null;
  const work = workOf(plan);
  for (const rejection of newest.reverse()) {
    const known = await log.plan(rejection.planHash);
    if (!known.ok || known.value === null || workOf(known.value) !== work) continue;
    return { planHash: rejection.planHash, by: rejection.by, reason: rejection.reason };
  }
  return null;
}

/** Each text is written when somebody looks at it: a face shows one or two, and those of a large plan take long. */
function textsOf(
  plan: Plan,
  from: { readonly review: Review; readonly outline: PlanOutline; readonly viewer: string },
): PlanTexts {
  const { review, outline, viewer } = from;
  return {
    get outline() {
      return renderOutline(review, outline, viewer);
    },
    get review() {
      return renderReview(review);
    },
    get summary() {
      return renderSummary(review, outline);
    },
    get dot() {
      return drawDot(plan);
    },
    get mermaid() {
      return drawMermaid(plan);
    },
    get file() {
      return planFileText(plan);
    },
  };
}

function marksOf({ risks, undecided, restored }: Outlook): readonly ReviewMark[] {
  const mark = (kind: ReviewMark["kind"], text: string): ReviewMark => ({ kind, stepId: null, text });
  return [
    ...risks.map(({ code, text }) => mark("risk", `risk ${code}: ${text}`)),
    ...restored.map((name) =>
      mark("restores", `the invariant ${quote(name)} is false now: the plan makes it true, and never worse on the way`),
    ),
    ...undecided
      .filter(({ kind }) => kind === "invariant")
      .map((open) =>
        mark("undecided", `whether the invariant ${quote(open.name)} holds is not known: ${tellUndecided(open)}`),
      ),
    ...undecided.flatMap((open): readonly ReviewMark[] =>
      open.condition === undefined
        ? []
        : [{ kind: "undecided", stepId: open.name, text: sayOpenUndo(open.condition, open) }],
    ),
  ];
}

function sayOpenUndo(condition: string, open: Undecided): string {
  const what = `nobody knows whether ${quote(condition)}, which its way back needs, holds when that is sent`;
  return `${what}, and it is sent all the same: ${tellUndecided(open)}`;
}

/** The differences between two plans, as data and as text. */
export interface DiffedPlans {
  readonly diff: PlanDiff;
  readonly text: string;
}

/** Finds the differences between two plans. */
export function diff(
  place: Workplace,
  request: { readonly before: string; readonly after: string },
): Promise<Result<DiffedPlans, readonly Problem[]>> {
  return withLog(place, async (log) => {
    const before = await findPlan(log, { plan: request.before, actor: place.actor });
    if (!before.ok) return fail([before.error]);
    const after = await findPlan(log, { plan: request.after, actor: place.actor });
    if (!after.ok) return fail([after.error]);
    const found = diffPlans(before.value.plan, after.value.plan);
    return ok({ diff: found, text: renderDiff(found) });
  });
}
