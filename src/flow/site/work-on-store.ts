import type { Problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { StoreControl } from "../../owner/control/protocol.ts";
import { recorderOf, type Workplace } from "./workplace.ts";

/** Has the owner do work on the store, or owns the store for the time that this takes. */
export async function workOnStore(place: Workplace, input: StoreControl): Promise<Result<JsonValue, Problem>> {
  const taken = await place.owners.through(input, "recorder", recorderOf(place));
  if (taken.kind === "failed") return fail(taken.problem);
  if (taken.kind === "answered") return taken.answer.ok ? ok(taken.answer.value.value) : fail(taken.answer.error);
  try {
    return await taken.lease.owner.maintain(input);
  } finally {
    await taken.lease.release();
  }
}
