import type { Principal } from "../../core/approval/approval.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import { openProposer, proposeForAlert, recordsOfCalls } from "../../flow/propose/propose.ts";
import type { Alert } from "../../flow/respond/parse-alert.ts";
import type { Site } from "../../flow/site/site.ts";
import type { Owner } from "../../owner/owner.ts";

/** Who is asked, about what. */
export interface AskedProposer {
  readonly site: Site;
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly alert: Alert;
  readonly actor: Principal;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/**
 * Asks a proposer what it would do about an alert. Its answer decides nothing, so its failure stops nothing: the response goes on
 * without it, and says so.
 */
export async function askProposer(owner: Owner, asked: AskedProposer): Promise<Proposal | null> {
  const { site, name, environment, alert, actor, signal, note } = asked;
  const open = await openProposer(site, environment, name);
  if (!open.ok) {
    note(`no proposal: ${open.error[0]?.message ?? "the proposer cannot be started"}`);
    return null;
  }
  note(`asking the proposer ${open.value.proposer.id} what it would do`);
  try {
    const { name: alertName, summary, labels } = alert;
    const { proposal, calls } = await proposeForAlert(site, open.value, { name: alertName, summary, labels }, signal);
    if (calls.length > 0) await owner.engine.record(recordsOfCalls(calls, open.value.proposer.id, actor), []);
    if (!proposal.ok) note(`no proposal: ${proposal.error[0]?.message ?? "the answer is none"}`);
    return proposal.ok ? proposal.value : null;
  } finally {
    open.value.close();
  }
}
