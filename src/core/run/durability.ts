import { assertNever } from "../value/invariant.ts";
import type { Event } from "./event.ts";

/** `synced`: on the disk before anything follows from it (I8). `ordered`: after everything before it. */
export type EventDurability = "synced" | "ordered";

/**
 * How durable a commit must be: synced when something leaves for the world because of it or a person is told of it, ordered
 * for reads and for what the state alone would lead to again. A sequential run syncs once a write and once at its end.
 */
export function durabilityOf(events: readonly Event[]): EventDurability {
  return events.some(mustSync) ? "synced" : "ordered";
}

function mustSync(event: Event): boolean {
  switch (event.kind) {
    case "step_intent": return event.access === "write";
    case "step_settled": return event.by !== null;
    case "step_resolved": return event.by !== null;
    case "run_draining": return event.by !== null;
    case "run_ended": case "run_dirty": case "run_killed": case "step_in_doubt": case "approval_asked": return true;
    case "plan_recorded": case "approval_recorded": case "approval_rejected": case "grant_recorded": case "pack_trusted":
    case "round_trip_recorded": case "incident_opened": case "incident_planned": case "incident_closed": case "model_called": case "engine_opened": case "frozen": case "unfrozen": return true;
    case "run_started": case "step_skipped": case "attempt_settled": case "reply_ignored": case "step_held": case "step_released":
    case "retry_scheduled": case "step_failed": case "wait_started": case "epoch_changed": case "compensation_started":
    case "step_compensated": case "input_refused": return false;
    default: return assertNever(event);
  }
}
