import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Owner } from "../../owner/owner.ts";
import { openProposer } from "../propose/open-proposer.ts";
import { proposeForAlert, recordsOfCalls } from "../propose/propose-change.ts";
import type { Site } from "../site/site.ts";
import type { Workplace } from "../site/workplace.ts";
import type { Alert } from "./parse-alert.ts";
import type { Asker } from "./request.ts";

/** Who is asked, and about what. */
export interface AskedProposer {
  readonly site: Site;
  readonly name: string;
  readonly alert: Alert;
  readonly signal: AbortSignal;
  readonly asker: Asker;
}

/**
 * Asks a proposer what it would do about an alert. Its answer decides nothing, so its failure stops nothing: the
 * response goes on without it, and says so.
 */
export async function askProposer(place: Workplace, owner: Owner, asked: AskedProposer): Promise<Proposal | null> {
  const { site, name, alert, signal, asker } = asked;
  const note = (text: string): void => asker.tell({ kind: "note", text });
  const open = await openProposer(place, site, name);
  if (!open.ok) {
    note(`no proposal: ${open.error[0]?.message ?? "the proposer cannot be started"}`);
    return null;
  }
  note(`asking the proposer ${open.value.proposer.id} what it would do`);
  try {
    const { name: alertName, summary, labels } = alert;
    const { proposal, calls } = await proposeForAlert(site, open.value, { name: alertName, summary, labels }, signal);
    if (calls.length > 0) await owner.engine.record(recordsOfCalls(calls, open.value.proposer.id, place.actor), []);
    if (!proposal.ok) note(`no proposal: ${proposal.error[0]?.message ?? "the answer is not a proposal"}`);
    return proposal.ok ? proposal.value : null;
  } finally {
    open.value.close();
  }
}
