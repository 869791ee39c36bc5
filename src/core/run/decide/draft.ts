import type { Principal } from "../../approval/approval.ts";
import { actorName } from "../../value/actor-name.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { applyRun } from "../apply/apply.ts";
import { applySite } from "../apply/site.ts";
import type { Queue } from "../collections/queue.ts";
import { emptyQueue, enqueue } from "../collections/queue.ts";
import type { Decision } from "../words/decision.ts";
import type { Event } from "../words/event.ts";
import type { Input } from "../words/input.ts";
import type { RunState, SiteState } from "../words/state.ts";

/**
 * A decision being built: the events so far, and both states after them. It lives for one `decide` and is never shared.
 */
export interface Draft {
  site: SiteState;
  run: RunState;
  readonly atMs: number;
  readonly events: Event[];
  /** Steps that came up and whose `when` is still to be evaluated. */
  entered: Queue;
}

/** A draft for an input at `atMs`, without events yet. */
export function draftOf(site: SiteState, run: RunState, atMs: number): Draft {
  return { site, run, atMs, events: [], entered: emptyQueue };
}

/** Adds an event and folds it, so that everything after it is decided on the state it leads to. */
export function emit(draft: Draft, event: Event): void {
  draft.run = applyRun(draft.run, event, draft.atMs);
  draft.site = applySite(draft.site, event, draft.atMs);
  draft.events.push(event);
  draft.entered = enqueue(draft.entered, draft.run.entered);
}

/** The decision that a finished draft stands for. */
export function accept(draft: Draft): Decision {
  return { kind: "accepted", atMs: draft.atMs, events: draft.events, site: draft.site, run: draft.run };
}

/** A refusal, recorded: who asked for what and why not (I10). */
export function refuse(from: {
  readonly site: SiteState;
  readonly run: RunState | null;
  readonly input: Input;
  readonly atMs: number;
  readonly problem: Problem;
}): Decision {
  const { site, run, input, atMs } = from;
  const by = "by" in input ? input.by : "actor" in input ? input.actor : null;
  const event: Event = { kind: "input_refused", runId: input.runId, input: input.kind, problem: from.problem, by };
  return {
    kind: "refused",
    problem: from.problem,
    atMs,
    events: [event],
    site: applySite(site, event, atMs),
    run: run === null ? null : applyRun(run, event, atMs),
  };
}

/** The greatest time seen so far, by site, run or input: a clock that goes back revives no approval and no timer. */
export function knownTime(site: SiteState, run: RunState | null, input: Input): number {
  return Math.max(hasTime(input) ? input.atMs : 0, site.lastSeenMs, run?.lastSeenMs ?? 0);
}

/**
 * Whether an input's time is one a calendar can show. Any other would stay in the log for good, as the greatest ever
 * seen.
 */
export function hasTime(input: Input): boolean {
  return Math.abs(input.atMs) <= calendarEndMs;
}

/** The last millisecond of ECMAScript's calendar (ECMA-262, 21.4.1.1). */
const calendarEndMs = 8_640_000_000_000_000;

/**
 * The problem of an input that the transition table does not list for the run's state.
 *
 * @param why - a sentence that says how the run or the step stands
 */
export function unexpected(input: Input, why: string): Problem {
  return problem("E_INPUT_UNEXPECTED", "", `\`${input.kind}\` does not apply here: ${why}`);
}

/** The problem of an input that needs a person, from somebody who is none (I17). */
export function personRequired(by: Principal): Problem {
  return problem("E_PERSON_REQUIRED", "", `${quote(actorName(by))} is not a person`);
}

/** The problem of a word on which a run may end, and for which nobody says why. */
export function reasonRequired(input: Input): Problem {
  return problem("E_REASON_MISSING", "/reason", `\`${input.kind}\` needs a reason, because the run may end on it`);
}
