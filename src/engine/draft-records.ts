import type { Decision } from "../core/run/words/decision.ts";
import type { Event, SiteEvent } from "../core/run/words/event.ts";
import type { Input } from "../core/run/words/input.ts";
import type { RunState } from "../core/run/words/state.ts";
import { canonicalText } from "../core/value/canonical.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { InvariantError } from "../core/value/invariant.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import type { SealableDocument, SealableDraft } from "../log/store.ts";
import type { StoredDocument } from "../ports.ts";

/**
 * The records of events, with the text that will be sealed; or `null` where an event holds something that cannot be
 * sealed, such as half a surrogate pair. It is asked before the engine's memory changes: an event that cannot be
 * written concerns its sender alone, while a write that fails halts the engine.
 */
export function draftRecords(events: readonly Event[], atMs: number): readonly SealableDraft[] | null {
  const drafts: SealableDraft[] = [];
  for (const event of events) {
    // An event is plain data by its type; the sealing finds where that is not so.
    const body = event as unknown as JsonValue;
    const bodyText = sealableText(body);
    if (bodyText === null) return null;
    drafts.push({ stream: event.runId ?? "site", atMs, kind: event.kind, body, bodyText });
  }
  return drafts;
}

/** What the site records in the same commit as the events of a run. Never throws. */
export type Beside = (events: readonly Event[], run: RunState) => readonly SiteEvent[];

/** Everything that goes into the commit of a decision. What the site adds tells people, and no fold reads it. */
export function withBeside({ events, run }: Decision, beside: Beside | undefined): readonly Event[] {
  const added = run === null ? [] : (beside?.(events, run) ?? []);
  return added.length === 0 ? events : [...events, ...added];
}

/** Documents with the text that will be sealed, or `null` where one of them cannot be. */
export function draftDocuments(documents: readonly StoredDocument[]): readonly SealableDocument[] | null {
  const drafts: SealableDocument[] = [];
  for (const { digest, value } of documents) {
    const text = sealableText(value);
    if (text === null) return null;
    drafts.push({ digest, value, text });
  }
  return drafts;
}

/** Why an input is refused whose events cannot be sealed. */
export function unstorable(what: string): Problem {
  return problem("E_UNSTORABLE", "", `\`${what}\` holds something that cannot be recorded`);
}

/** Whether a driver gives this input. Its run waits for it, so it cannot just be refused. */
export function isFromDriver({ kind }: Input): boolean {
  return kind === "observed" || kind === "reply" || kind === "tick" || kind === "epoch";
}

function sealableText(value: JsonValue): string | null {
  try {
    return canonicalText(value);
  } catch (error) {
    if (error instanceof InvariantError) return null;
    throw error;
  }
}
