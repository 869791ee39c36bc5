import { actorName } from "../../value/actor-name.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { assertNever, invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { applySite } from "../apply/site.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { enqueue } from "../collections/queue.ts";
import { askOf } from "../due/ask.ts";
import { observeOf } from "../due/due.ts";
import { stepAt } from "../ready/prepare.ts";
import type { Decision } from "../words/decision.ts";
import type { Event } from "../words/event.ts";
import type { AnchorInput, AskedInput, FreezeInput, Input, ObservedInput, StartInput } from "../words/input.ts";
import type { RunState, SiteState } from "../words/state.ts";
import { advance } from "./advance.ts";
import { accept, type Draft, draftOf, hasTime, knownTime, refuse } from "./draft.ts";
import { decideObserved } from "./observed.ts";
import { decideAsked } from "./operate.ts";
import { decideAnswer, decideOperator } from "./operator.ts";
import { decideReply } from "./reply.ts";
import { startRun } from "./start.ts";
import { decideEpoch } from "./takeover.ts";
import { decideTick } from "./time.ts";
import { decideResolve } from "./word.ts";

/*
 * The kernel: given what was recorded before, what to record of an input. Pure: time comes in on the input.
 *
 * | input              | created | running | draining | compensating | dirty | killed | ended |
 * |--------------------|---------|---------|----------|--------------|-------|--------|-------|
 * | start              | yes     | –       | –        | –            | –     | –      | –     |
 * | observed before    |         | yes     | –        | –            | –     | –      | –     |
 * | observed after     |         | yes     | yes      | –            | –     | –      | –     |
 * | observed goal      |         | yes     | –        | –            | –     | –      | –     |
 * | observed undo_*    |         | –       | –        | yes          | –     | –      | –     |
 * | observed word      |         | yes     | yes      | yes          | –     | –      | –     |
 * | observed ended     |         | yes     | yes      | –            | –     | –      | –     |
 * | asked              |         | yes     | yes      | yes          | –     | –      | –     |
 * | reply              |         | yes     | yes      | yes          | yes   | yes    | kept  |
 * | tick, epoch        |         | yes     | yes      | yes          | yes   | yes    | –     |
 * | answer             |         | yes     | –        | –            | –     | –      | –     |
 * | stop               |         | yes     | noted    | noted        | noted | noted  | –     |
 * | rollback           |         | yes     | yes      | –            | –     | –      | –     |
 * | kill               |         | yes     | yes      | yes          | yes   | –      | –     |
 * | close              |         | –       | –        | –            | yes   | yes    | –     |
 * | resolve            |         | yes     | yes      | yes          | yes   | yes    | –     |
 * | freeze, unfreeze   | of the site, at any time                                            |
 * | anchor             | of the site, at any time                                            |
 *
 * `–` is refused and recorded (I10); `kept` and `noted` are recorded and change nothing. A reading counts only as an
 * answer to the command that is due for its step at that moment. All events that follow are in the same decision, and a
 * decision is one commit (I18).
 */

/**
 * Decides one input.
 *
 * @param run - the state of the run that the input names; `null` if there is none, or if the input concerns the site
 *   alone
 * @returns an input that does not fit the state is refused, and the refusal is recorded (I10)
 */
export function decide(site: SiteState, run: RunState | null, input: Input): Decision {
  const atMs = knownTime(site, run, input);
  const no = (found: Problem): Decision => refuse({ site, run, input, atMs, problem: found });
  if (!hasTime(input))
    return no(problem("E_INPUT_UNEXPECTED", "", `\`${input.atMs}\` is not a time`, "give milliseconds since 1970"));
  if (input.kind === "freeze" || input.kind === "unfreeze") return decideFreeze(site, input, atMs);
  if (input.kind === "anchor") return decideAnchor(site, input, atMs);
  if (input.kind === "start")
    return run === null
      ? startRun(site, input)
      : no(problem("E_RUN_EXISTS", "", `there is a run \`${input.runId}\` already`));
  if (run === null) return no(problem("E_RUN_UNKNOWN", "", `there is no run \`${input.runId}\``));
  invariant(run.prepared.runId === input.runId, "an input is decided on its own run");
  if (run.phase.kind === "ended" && input.kind !== "reply")
    return no(problem("E_RUN_ENDED", "", `the run ended \`${run.phase.outcome}\``));
  const draft = draftOf(site, run, atMs);
  const found = decideOn(draft, input);
  if (found !== null) return no(found);
  if (run.doubtCount > 0 && draft.run.doubtCount === 0) draft.entered = enqueue(draft.entered, draft.run.calls);
  advance(draft);
  return accept(draft);
}

type RunInput = Exclude<Input, FreezeInput | AnchorInput | StartInput>;

function decideOn(draft: Draft, input: RunInput): Problem | null {
  switch (input.kind) {
    case "observed":
      return answerReading(draft, input);
    case "asked":
      return answerQuestion(draft, input);
    case "reply":
      return decideReply(draft, input);
    case "tick":
      decideTick(draft);
      return null;
    case "epoch":
      return decideEpoch(draft, input);
    case "answer":
      return decideAnswer(draft, input);
    case "stop":
    case "kill":
    case "rollback":
    case "close":
      return decideOperator(draft, input);
    case "resolve":
      return decideResolve(draft, input);
    default:
      return assertNever(input);
  }
}

/**
 * A reading counts only as an answer to the command due now, because an older reading may show a world that is gone.
 */
function answerReading(draft: Draft, input: ObservedInput): Problem | null {
  const stepId = stepOfCommand(input.commandId);
  const index = draft.run.prepared.indexById.get(stepId);
  if (index === undefined) return problem("E_INPUT_STALE", "", `nothing waits for \`${input.commandId}\``);
  const command = observeOf(draft.run, index);
  if (command === null || command.id !== input.commandId)
    return problem("E_INPUT_STALE", "", `nothing waits for \`${input.commandId}\` any more`);
  decideObserved(draft, stepAt(draft.run.prepared, index), command, input);
  return null;
}

/** As for a reading: only the question that is due now is answered. */
function answerQuestion(draft: Draft, input: AskedInput): Problem | null {
  const index = draft.run.prepared.indexById.get(stepOfCommand(input.commandId));
  const prepared = index === undefined ? null : stepAt(draft.run.prepared, index);
  const command = prepared === null ? null : askOf(draft.run, prepared, vectorAt(draft.run.steps, prepared.index));
  if (prepared === null || command === null || command.id !== input.commandId)
    return problem("E_INPUT_STALE", "", `nothing asks \`${input.commandId}\` any more`);
  decideAsked(draft, prepared, command, input);
  return null;
}

/** The step's id in `run/step/purpose/serial`. A step's id may contain slashes; the other parts cannot. */
function stepOfCommand(id: string): string {
  const purposeAt = id.lastIndexOf("/", id.lastIndexOf("/") - 1);
  return id.slice(id.indexOf("/") + 1, purposeAt);
}

function decideFreeze(site: SiteState, input: FreezeInput, atMs: number): Decision {
  const isFrozen = site.freezes.some((freeze) => freeze.scope === input.scope);
  if (isFrozen === (input.kind === "freeze")) {
    const found = problem(
      "E_INPUT_UNEXPECTED",
      "",
      `\`${input.scope}\` is ${isFrozen ? "frozen already" : "not frozen"}`,
      "see what is frozen",
      { do: "show_locks" },
    );
    return refuse({ site, run: null, input, atMs, problem: found });
  }
  const event: Event = {
    kind: input.kind === "freeze" ? "frozen" : "unfrozen",
    runId: null,
    scope: input.scope,
    by: input.by,
    reason: input.reason,
  };
  return { kind: "accepted", atMs, events: [event], site: applySite(site, event, atMs), run: null };
}

/** Only a person says how far the log's time is ahead of the clock, and why that is accepted (I17). */
function decideAnchor(site: SiteState, input: AnchorInput, atMs: number): Decision {
  const found = checkAnchor(site, input, atMs);
  if (found !== null) return refuse({ site, run: null, input, atMs, problem: found });
  const { leadMs, by, reason } = input;
  const event: Event = { kind: "clock_anchored", runId: null, leadMs, by, reason };
  return { kind: "accepted", atMs, events: [event], site: applySite(site, event, atMs), run: null };
}

function checkAnchor(site: SiteState, { leadMs, by, reason }: AnchorInput, atMs: number): Problem | null {
  // A clock shows no time before 1970, so the log is never further ahead of it than this.
  if (!Number.isSafeInteger(leadMs) || leadMs < 0 || leadMs > atMs)
    return problem("E_INPUT_UNEXPECTED", "", `\`${leadMs}\` is not a lead of the log's time`);
  if (by.kind !== "person") return problem("E_PERSON_REQUIRED", "", `${quote(actorName(by))} is not a person`);
  if (reason.trim() === "") return problem("E_USAGE", "/reason", "an anchor needs a reason", "say why, in one line");
  // The log's time never goes back, so a lead only grows.
  return leadMs <= site.clockLeadMs
    ? problem("E_INPUT_UNEXPECTED", "", "the log's time and this machine's clock agree", "there is nothing to anchor")
    : null;
}
