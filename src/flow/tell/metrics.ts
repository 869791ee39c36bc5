import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
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

/** Measures the store from outside, and asks its owner for what only that process knows. */
export function metrics(place: Workplace): Promise<Result<Measured, readonly Problem[]>> {
  return withStore(place, async ({ reader }) => {
    const answer = await sendControl(place.store.paths.socket, { kind: "measure", by: place.actor });
    const answered = "kind" in answer ? null : answer;
    const owner = answered?.ok === true ? readMeasure(answered.value.value) : answered;
    const measured = collectMetrics(reader, place.store.paths, owner?.ok === true ? owner.value : null);
    const silent = owner?.ok === false ? owner.error : null;
    return ok({ metrics: measured, text: formatMetrics(measured), silent });
  });
}
