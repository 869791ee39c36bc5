import { nextStepsOf } from "../../core/run/tell/next-steps.ts";
import type { RunView } from "../../core/run/tell/view.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { steadyClock } from "../../engine/clock.ts";
import { notify } from "../../notifiers/notify.ts";
import type { Notification } from "../../ports.ts";
import { recordEvents } from "../site/record.ts";
import { openSiteNotifiers } from "../site/site-notifiers.ts";
import type { Workplace } from "../site/workplace.ts";

/** How long a notifier that hangs can hold things up. Waiting longer wakes nobody sooner. */
const timeoutMs = 10_000;

/**
 * Notifies every notifier: those that a program passes to the door, and those of `interlock.yaml`. The log records what
 * was not delivered; no run depends on it.
 */
export async function tellNotifiers(place: Workplace, told: Omit<Notification, "format" | "atMs">): Promise<undefined> {
  const { clock } = place.ports;
  const declared = await openSiteNotifiers(place);
  const notifiers = [...place.ports.notifiers, ...declared.notifiers];
  if (notifiers.length === 0 && declared.failures.length === 0) return;
  // A site whose clock fails by now reports that elsewhere; people are told all the same.
  const atMs = steadyClock(clock, { lastSeenMs: 0, clockLeadMs: 0 }).nowMs();
  const notification = { format: "interlock.notification/1", atMs, ...told } as const;
  const failed = await notify(notifiers, notification, { timeoutMs, signal: new AbortController().signal });
  const failures = [...declared.failures, ...failed];
  const events = failures.map(
    ({ problem }) => ({ kind: "input_refused", runId: null, input: "notify", problem, by: place.actor }) as const,
  );
  if (events.length > 0) await recordEvents(place, events, []);
}

/** Notifies that a run rests: it has ended, or it waits for a person. */
export function tellOfRest(place: Workplace, view: RunView): Promise<undefined> {
  const { runId, outcome, reason } = view;
  const explain: NextStep = { do: "explain", run: runId };
  if (outcome !== null) {
    const summary = `${runId} ended ${outcome.replaceAll("_", " ")}${reason === null ? "" : `: ${reason}`}`;
    return tellNotifiers(place, { kind: "run_ended", subject: runId, owner: null, summary, next: [explain] });
  }
  const asked = view.waitingFor.find(({ kind }) => kind === "person") ?? view.waitingFor[0];
  return tellNotifiers(place, {
    kind: "run_waits_for_person",
    subject: runId,
    owner: asked?.owner ?? null,
    summary: `${runId} waits: ${asked?.reason ?? reason ?? "only a person can move it"}`,
    next: [explain, ...nextStepsOf(view, null)],
  });
}
