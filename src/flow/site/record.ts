import { existsSync } from "node:fs";
import type { SiteEvent } from "../../core/run/words/event.ts";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { Capability, StoredDocument } from "../../ports.ts";
import { askPermission } from "./permit.ts";
import { namesPlanFile } from "./plan-name.ts";
import { recorderOf, type Workplace } from "./workplace.ts";

/** A refusal, as an arrow returns it. */
export type Refusal = { readonly ok: false; readonly error: readonly Problem[] };

/** Records facts about the site: through the owner of the store, or by owning it for the time that this takes. */
export async function recordEvents(
  place: Workplace,
  events: readonly SiteEvent[],
  documents: readonly StoredDocument[],
): Promise<Result<undefined, Problem>> {
  const taken = await place.owners.through({ kind: "record", events, documents }, "recorder", recorderOf(place));
  if (taken.kind === "failed") return fail(taken.problem);
  if (taken.kind === "answered") return taken.answer.ok ? ok(undefined) : fail(taken.answer.error);
  try {
    return await taken.lease.owner.engine.record(events, documents);
  } finally {
    await taken.lease.release();
  }
}

/** A document full of mistakes leaves at most this many records in the log. */
const recordedCountMax = 16;

/** Refuses something that would have had effects, and records who asked for it (I10). */
export async function refuse(place: Workplace, asked: string, problems: readonly Problem[]): Promise<Refusal> {
  const events = problems
    .slice(0, recordedCountMax)
    .map((problem) => ({ kind: "input_refused", runId: null, input: asked, problem, by: place.actor }) as const);
  // To record it takes an owner, who would upgrade the store that this command was just refused for.
  if (problems.some(({ code }) => code === "E_STORE_VERSION")) return fail(problems);
  // Without a site there is no log. If the store cannot record the refusal, it is still a refusal.
  if (place.configPath !== null || existsSync(place.store.folder)) await recordEvents(place, events, []);
  return fail(problems);
}

/** What is about to be done in somebody's name. */
export interface Asked {
  readonly capability: Capability;
  /** The name of the arrow, as the log records it. */
  readonly asked: string;
  /** A plan's hash, a run's id, an object or a pack's name; or what was typed, if it has not been found yet. */
  readonly resource: string;
}

/**
 * Refuses something for which no plan was found. An actor who may not do it at all is told that instead, whatever was
 * typed.
 */
export async function refuseUnfound(place: Workplace, asked: Asked, problems: readonly Problem[]): Promise<Refusal> {
  return (await refuseForbidden(place, asked)) ?? refuse(place, asked.asked, problems);
}

/** Like `refuseForbidden`, before a file is opened that was named in place of a plan; `null` if none was named. */
export async function refuseForbiddenFile(place: Workplace, asked: Asked): Promise<Refusal | null> {
  return namesPlanFile(asked.resource) ? refuseForbidden(place, asked) : null;
}

/** `null` if the actor may do this; otherwise the refusal, which has been recorded (I10, I17). */
export async function refuseForbidden(place: Workplace, asked: Asked): Promise<Refusal | null> {
  const { capability, resource } = asked;
  const decision = askPermission(place.ports.authorizer, { by: place.actor, capability, resource });
  return decision.kind === "permit" ? null : refuse(place, asked.asked, [namingArrow(decision.problem, asked)]);
}

/** The refusal of a capability that has another name than what was asked for: people know what they typed. */
export function namingArrow(found: Problem, { capability, asked }: Pick<Asked, "capability" | "asked">): Problem {
  return asked === capability ? found : { ...found, message: `\`${asked}\` is refused: ${found.message}` };
}
