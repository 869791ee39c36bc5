import { storedDocument } from "../../core/value/stored-document.ts";
import type { StoredDocument } from "../../ports.ts";
import type { ResponseReport } from "../respond/report.ts";
import { abandonedHandover, handoverFormat, handoverOf } from "./handover-words.ts";
import { type Queued, queueOf } from "./queue.ts";

/** The outcomes of an incident after which a person has to look. */
const unsettled: ReadonlySet<string> = new Set([
  "escalated",
  "disputed",
  "waiting",
  "not_approved",
  "abandoned",
  "restored_in_part",
  "compensated",
]);

/** What goes into the commit in which an incident closes: that people are told of it, and its hand-over in words. */
export interface QueuedIncident {
  readonly events: readonly Queued[];
  readonly documents: readonly StoredDocument[];
}

/**
 * Queues, in the commit in which an incident closes, that people are told of it.
 *
 * @param report - `null` if its process ended before anything was planned
 */
export function queueOfIncident(
  incidentId: string,
  report: ResponseReport | null,
  { to, operator }: { readonly to: readonly string[]; readonly operator: string },
): QueuedIncident {
  const outcome = report?.outcome ?? "abandoned";
  const asked = report?.waitingFor.find((wait) => wait.owner !== null)?.owner ?? operator;
  const words = storedDocument(handoverFormat, report === null ? abandonedHandover(incidentId) : handoverOf(report));
  const owner = unsettled.has(outcome) ? asked : null;
  const matter = {
    about: "incident_closed",
    subject: incidentId,
    occasion: "",
    owner,
    handover: words.digest,
  } as const;
  const events = queueOf(matter, to);
  return { events, documents: events.length === 0 ? [] : [words] };
}
