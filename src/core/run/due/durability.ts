import { assertNever } from "../../value/invariant.ts";
import type { Event } from "../words/event.ts";

/**
 * `synced`: on the disk before anything follows from it (I8). `ordered`: in the log's file before anything follows from
 * it. `trailing`: in the log's order, but nothing leaves for the world because of it, so work goes on while it waits
 * for the next commit. A kill loses at most trailing events; a power cut, at most trailing and ordered ones.
 */
export type Durability = "synced" | "ordered" | "trailing";

/**
 * How durable a commit must be: `synced` if a write leaves for the world because of it or a person is told of it,
 * `ordered` if a read leaves, `trailing` for what was learned from the world and can be read again. So the settlement
 * of one step shares its commit with the intent of the next, and a sequential run syncs once a write and once at its
 * end.
 */
export function durabilityOf(events: readonly Event[]): Durability {
  let strongest: Durability = "trailing";
  for (const event of events) {
    const needed = neededBy(event);
    if (needed === "synced") return "synced";
    if (needed === "ordered") strongest = "ordered";
  }
  return strongest;
}

function neededBy(event: Event): Durability {
  switch (event.kind) {
    case "step_intent":
      return event.access === "write" ? "synced" : "ordered";
    case "step_settled":
      return event.by !== null ? "synced" : "trailing";
    case "step_resolved":
    case "run_draining":
      return event.by !== null ? "synced" : "ordered";
    case "run_ended":
    case "run_dirty":
    case "run_killed":
    case "stop_noted":
    case "step_in_doubt":
    case "approval_asked":
    case "word_given":
    // What was started must not be forgotten: nothing but its id leads back to it. A cancellation is a write.
    case "operation_started":
    case "operation_cancelling":
      return "synced";
    case "plan_recorded":
    case "nothing_planned":
    case "approval_recorded":
    case "approval_rejected":
    case "grant_recorded":
    case "pack_trusted":
    case "trust_withdrawn":
    case "round_trip_recorded":
    case "incident_opened":
    case "incident_planned":
    case "incident_evidence":
    case "incident_told":
    case "incident_closed":
    case "notification_queued":
    case "notification_acknowledged":
    case "model_called":
    case "engine_opened":
    case "frozen":
    case "unfrozen":
    case "clock_anchored":
      return "synced";
    case "attempt_settled":
    case "operation_told":
    case "operation_ended":
    case "invariant_restored":
    case "reply_ignored":
    case "step_skipped":
    case "step_compensated":
      return "trailing";
    // If one of these is lost, a notification is delivered once more, under the same id.
    case "notification_delivered":
    case "notification_failed":
    case "notification_withdrawn":
    case "run_started":
    case "cancel_answered":
    case "step_held":
    case "step_released":
    case "retry_scheduled":
    case "step_failed":
    case "invariant_broken":
    case "wait_started":
    case "epoch_changed":
    case "compensation_started":
    case "input_refused":
      return "ordered";
    default:
      return assertNever(event);
  }
}
