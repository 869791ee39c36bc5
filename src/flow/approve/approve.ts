import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedDocument } from "../../core/value/stored-document.ts";
import type { Signer } from "../../ports.ts";
import { findRefusedRisks } from "../plan/outlook-terms.ts";
import { type ShownPlan, show } from "../plan/show.ts";
import { type FoundPlan, findPlan } from "../site/find.ts";
import { findUntrusted } from "../site/find-untrusted.ts";
import { recordEvents, refuse, refuseForbidden, refuseForbiddenFile, refuseUnfound } from "../site/record.ts";
import { findFileDrift } from "../site/site.ts";
import { withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { approvePlan } from "./approve-plan.ts";
import { namedStore } from "./named-store.ts";
import { validFor } from "./valid-for.ts";

/** What a person approves. */
export interface ApproveRequest {
  /** A plan's id, the beginning of its hash, `last`, or its file. */
  readonly plan: string;
  /**
   * Action and target of every irreversible step, as the person typed them (`ShownPlan.targetsToType`). A `Reviewer`
   * asks for them instead.
   */
  readonly typedTargets: readonly string[];
  /** How long the approval counts, in milliseconds; `null` for the site's default. */
  readonly validForMs: number | null;
}

/** How a face asks a person: it shows the plan, has each irreversible step typed, and finds the key to sign with. */
export interface Reviewer {
  /** Called once, and only for a plan that the actor may approve. A problem means that the person did not approve. */
  review(shown: ShownPlan): Promise<Result<Reviewed, readonly Problem[]>>;
}

/** The result of a review: the key to sign with, and the actions with their targets as the person typed them. */
export interface Reviewed {
  readonly signer: Signer;
  readonly typedTargets: readonly string[];
}

/** An approval that has been recorded. */
export interface Approved {
  readonly approvalId: string;
  readonly planHash: Digest;
  readonly person: string;
  readonly attended: boolean;
  readonly solo: boolean;
  readonly expiresAtMs: number;
}

/**
 * Plan → approval: has a person sign the plan's hash, and records the signature. A signature that could never count is
 * not asked for.
 */
export async function approve(
  place: Workplace,
  request: ApproveRequest,
  by: Signer | Reviewer,
): Promise<Result<Approved, readonly Problem[]>> {
  const no = (problems: readonly Problem[]) => refuse(place, "approve", problems);
  const asked = { capability: "approve", asked: "approve", resource: request.plan } as const;
  const forbiddenFile = await refuseForbiddenFile(place, asked);
  if (forbiddenFile !== null) return forbiddenFile;
  const shown = await show(place, request);
  if (!shown.ok) return refuseUnfound(place, asked, shown.error);
  const { plan, planHash, rejection, logAheadMs } = shown.value;
  const forbidden = await refuseForbidden(place, { capability: "approve", asked: "approve", resource: planHash });
  if (forbidden !== null) return forbidden;
  // A signature on a rejected plan could never count.
  if (rejection !== null) return no([rejection]);
  const site = siteOf(place);
  if (!site.ok) return no(site.error);
  const records = await withLog(place, async (log) => ok(await log.records()));
  if (!records.ok) return no(records.error);
  const refused = findUntrusted(site.value, records.value, plan) ?? findFileDrift(site.value, plan);
  if (refused !== null) return no([refused]);
  const risky = await findRefusedRisks(site.value, plan);
  if (risky.length > 0) return no(risky);
  const validMs = validFor(request.validForMs, site.value);
  if (!validMs.ok) return no([validMs.error]);
  const reviewed: Result<Reviewed, readonly Problem[]> =
    // A copy: what the reviewer does to it changes nothing of what is signed.
    "review" in by
      ? await by.review(structuredClone(shown.value))
      : ok({ signer: by, typedTargets: request.typedTargets });
  if (!reviewed.ok) return no(reviewed.error);
  const { signer, typedTargets } = reviewed.value;
  const store = await namedStore(place);
  if (!store.ok) return no(store.error);
  // The kernel will judge the approval by this time: this machine's, or the log's if that is ahead.
  const nowMs = place.ports.clock.nowMs() + logAheadMs;
  const signed = await approvePlan(site.value, plan, planHash, {
    signer,
    identityFolder: place.identityFolder,
    clock: place.ports.clock,
    nowMs,
    validForMs: validMs.value,
    typedTargets,
    store: store.value,
  });
  if (!signed.ok) return no(signed.error);
  const { approval, envelope, envelopeDigest } = signed.value;
  const { approvalId, principal, attended, solo, expiresAtMs } = approval;
  const recorded = await recordEvents(
    place,
    [{ kind: "approval_recorded", runId: null, approvalId, planHash, envelope: envelopeDigest, by: principal }],
    [storedDocument("interlock.envelope/1", envelope)],
  );
  if (!recorded.ok) return fail([recorded.error]);
  return ok({ approvalId, planHash, person: principal.id, attended, solo, expiresAtMs });
}

/** Which plan is rejected, and why. */
export interface RejectRequest {
  readonly plan: string;
  readonly reason: string;
}

/** A plan that can no longer be approved or applied. */
export interface Rejected extends RejectRequest {
  readonly planHash: Digest;
}

/** Plan → no: records that somebody does not want it. */
export async function reject(place: Workplace, request: RejectRequest): Promise<Result<Rejected, readonly Problem[]>> {
  const asked = { capability: "approve", asked: "reject", resource: request.plan } as const;
  const forbiddenFile = await refuseForbiddenFile(place, asked);
  if (forbiddenFile !== null) return forbiddenFile;
  const found = await withLog<FoundPlan>(place, async (log) => {
    const plan = await findPlan(log, { plan: request.plan, actor: place.actor });
    return plan.ok ? plan : fail([plan.error]);
  });
  if (!found.ok) return refuseUnfound(place, asked, found.error);
  const { planHash } = found.value;
  const { reason } = request;
  const forbidden = await refuseForbidden(place, { capability: "approve", asked: "reject", resource: planHash });
  if (forbidden !== null) return forbidden;
  const recorded = await recordEvents(
    place,
    [{ kind: "approval_rejected", runId: null, planHash, by: place.actor, reason }],
    [],
  );
  return recorded.ok ? ok({ ...request, planHash }) : fail([recorded.error]);
}
