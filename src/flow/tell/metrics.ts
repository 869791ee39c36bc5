import { tallyProposals } from "../../core/run/tell/tally.ts";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import type { StoreReader } from "../../log/store.ts";
import { storedEvents } from "../../log/stored-events.ts";
import { sendControl } from "../../owner/control/client.ts";
import { readMeasure } from "../../owner/maintain-store.ts";
import { collectMetrics, formatMetrics, type Metric } from "../../owner/metrics.ts";
import { withStore } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** The health of the store and of the engine that owns it. */
export interface Measured {
  readonly metrics: readonly Metric[];
  /** The metrics in Prometheus' text format. */
  readonly text: string;
  /** Why the owner did not answer; `null` if it did, or if there is no owner. */
  readonly silent: Problem | null;
}

/**
 * Measures the store from outside, and asks its owner for what only that process knows.
 *
 * Cost: O(the site's records), which hold every plan and refusal. Those of runs are not read.
 */
export function metrics(place: Workplace): Promise<Result<Measured, readonly Problem[]>> {
  return withStore(place, async ({ reader }) => {
    const answer = await sendControl(place.store.paths.socket, { kind: "measure", by: place.actor });
    const answered = "kind" in answer ? null : answer;
    const owner = answered?.ok === true ? readMeasure(answered.value.value) : answered;
    const measured = [
      ...collectMetrics(reader, place.store.paths, owner?.ok === true ? owner.value : null),
      proposalMetric(reader),
    ];
    const silent = owner?.ok === false ? owner.error : null;
    return ok({ metrics: measured, text: formatMetrics(measured), silent });
  });
}

/** The applied proposals beside all others, so that a few successes are not taken for the rule. */
function proposalMetric(reader: StoreReader): Metric {
  const events = [...storedEvents(reader, "site")];
  const started = new Set<string>();
  for (const { event, seq } of events)
    if (event.kind === "plan_recorded" && !started.has(event.planHash))
      if (reader.runsOfPlan({ ...anyRun, planHash: event.planHash, sinceSeq: seq }).length > 0)
        started.add(event.planHash);
  const tally = tallyProposals(
    events.map(({ event }) => event),
    started,
  );
  return {
    name: "interlock_proposals",
    type: "gauge",
    help: "Proposals in the log, by what became of them; a planned one may also be rejected or applied.",
    samples: [
      { labels: { result: "planned" }, value: tally.planned },
      { labels: { result: "applied" }, value: tally.applied },
      { labels: { result: "rejected" }, value: tally.rejected },
      { labels: { result: "refused" }, value: tally.refused },
      { labels: { result: "declined" }, value: tally.declined },
      { labels: { result: "nothing_to_do" }, value: tally.nothingToDo },
    ],
  };
}

const anyRun = { state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 } as const;
