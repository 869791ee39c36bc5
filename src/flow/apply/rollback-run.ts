import type { Principal } from "../../core/approval/approval.ts";
import { proposeRollback } from "../../core/run/tell/propose-rollback.ts";
import type { RunState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import type { Result } from "../../core/value/result.ts";
import { type PlannedChange, planParsed } from "../plan/plan-proposal.ts";
import type { Site } from "../site/site.ts";
import type { SiteRecords } from "../site/site-records.ts";

/** Ended run → successor plan: its recorded compensations, compiled against the world as it is now, linked to its parent. */
export async function planRollback(
  site: Site,
  records: SiteRecords,
  from: { readonly run: RunState; readonly by: Principal; readonly signal: AbortSignal },
): Promise<Result<PlannedChange | "nothing_to_do", readonly Problem[]>> {
  const { run, by, signal } = from;
  const proposal = proposeRollback(run);
  if (!proposal.ok) return proposal;
  const { runId, plan } = run.prepared;
  return planParsed(
    site,
    records,
    {
      proposal: proposal.value,
      proposalDigest: digest("interlock.proposal/1", proposal.value),
      proposer: { kind: "recovery", id: `rollback of ${runId}`, onBehalfOf: by.id },
      goal: "",
      inputs: [],
      parent: { runId, incidentId: plan.parent?.incidentId ?? null },
      situation: null,
      evidence: null,
    },
    signal,
  );
}
