import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedDocument } from "../../core/value/stored-document.ts";
import type { Signer } from "../../ports.ts";
import { type FoundPlan, findPlan } from "../site/find.ts";
import { recordEvents, refuse, refuseForbidden } from "../site/record.ts";
import { withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { approvePlan } from "./approve-plan.ts";

/** What a person approves. */
export interface ApproveRequest {
  /** A plan's id, the beginning of its hash, `last`, or its file. */
  readonly plan: string;
  /** Every target that the plan changes irreversibly, as the person typed it. */
  readonly typedTargets: readonly string[];
  /** How long the approval counts, in milliseconds; `null` takes the site's default. */
  readonly validForMs: number | null;
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

/** Plan → approval: has a person sign the plan's hash, and records it. Nothing is signed that could never count. */
export async function approve(
  place: Workplace,
  request: ApproveRequest,
  signer: Signer,
): Promise<Result<Approved, readonly Problem[]>> {
  const no = (problems: readonly Problem[]) => refuse(place, "approve", problems);
  const found = await findForApproval(place, request.plan);
  if (!found.ok) return no(found.error);
  const { plan, planHash, nowMs } = found.value;
  const forbidden = await refuseForbidden(place, { capability: "approve", asked: "approve", resource: planHash });
  if (forbidden !== null) return forbidden;
  const site = siteOf(place);
  if (!site.ok) return no(site.error);
  const { validForMs, validForMaxMs } = site.value.config.approvals;
  const validMs = request.validForMs ?? validForMs;
  if (validMs > validForMaxMs)
    return no([
      problem(
        "E_USAGE",
        "/validForMs",
        `an approval of ${validMs} ms counts for longer than this site allows`,
        `this site allows ${validForMaxMs} ms: see \`approvals.validForMax\` in interlock.yaml`,
      ),
    ]);
  const { typedTargets } = request;
  const signed = await approvePlan(site.value, plan, planHash, { signer, nowMs, validForMs: validMs, typedTargets });
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

/** Plan → no: records that somebody does not want it. */
export async function reject(
  place: Workplace,
  request: { readonly plan: string; readonly reason: string },
): Promise<Result<{ readonly planHash: Digest; readonly reason: string }, readonly Problem[]>> {
  const found = await findForApproval(place, request.plan);
  if (!found.ok) return refuse(place, "reject", found.error);
  const { planHash } = found.value;
  const { reason } = request;
  const forbidden = await refuseForbidden(place, { capability: "approve", asked: "reject", resource: planHash });
  if (forbidden !== null) return forbidden;
  const recorded = await recordEvents(
    place,
    [{ kind: "approval_rejected", runId: null, planHash, by: place.actor, reason }],
    [],
  );
  return recorded.ok ? ok({ planHash, reason }) : fail([recorded.error]);
}

/** The plan, and the time that the kernel will hold its approval against: this machine's, or the log's where that is ahead. */
function findForApproval(
  place: Workplace,
  wanted: string,
): Promise<Result<FoundPlan & { readonly nowMs: number }, readonly Problem[]>> {
  return withLog(place, async (log) => {
    const found = await findPlan(log, wanted);
    if (!found.ok) return fail([found.error]);
    return ok({ ...found.value, nowMs: Math.max(place.ports.clock.nowMs(), await log.lastMs()) });
  });
}
