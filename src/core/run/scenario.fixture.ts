import { invariant } from "../value/invariant.ts";
import type { SendCommand } from "./command.ts";
import type { Decision } from "./decision.ts";
import { type TestDriver, alice, answer, dueFor, give, land, read, runToRest, startOf, testDriver } from "./driver.fixture.ts";
import type { Event } from "./event.ts";
import type { Input, Reply } from "./input.ts";
import { type StepSketch, planOf } from "./plan.fixture.ts";

/*
 * Scenario files: what happens, one line each, and below it what the kernel records. Lines:
 *
 *   plan: a keyed; b after a none; c after b on-failure stop     the steps, each `id [after x,y] [words]`
 *   > start                                                      something happens
 *   run_started                                                  what is recorded of it, in order
 *   # a remark
 *
 * What can happen: start | read STEP | send STEP (it lands) | lose STEP (sent, never lands) | reply STEP applied|rejected|busy|unknown |
 * wait MS | set BOX LEVEL | stop|kill|rollback|close | resolve STEP applied|not_applied|restored | answer STEP approved|rejected |
 * freeze SCOPE | unfreeze SCOPE | epoch N | go (everything goes well from here).
 */

/** One thing that happens and what is expected of it. */
export interface ScenarioStep {
  readonly line: number;
  readonly happening: string;
  readonly expected: readonly string[];
}

/** Reads a scenario file. */
export function parseScenario(text: string): { readonly steps: readonly StepSketch[]; readonly script: readonly ScenarioStep[] } {
  const script: { line: number; happening: string; expected: string[] }[] = [];
  let steps: readonly StepSketch[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/#.*/, "").trim();
    if (line === "") continue;
    if (line.startsWith("plan:")) steps = line.slice("plan:".length).split(";").map(parseSketch);
    else if (line.startsWith(">")) script.push({ line: index + 1, happening: line.slice(1).trim(), expected: [] });
    else script.at(-1)?.expected.push(line);
  }
  return { steps, script };
}

function parseSketch(text: string): StepSketch {
  const words = text.trim().split(/\s+/);
  const sketch: { -readonly [Field in keyof StepSketch]: StepSketch[Field] } = { id: words[0] ?? "" };
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at];
    const next = words[at + 1] ?? "";
    if (word === "after") sketch.after = next.split(",");
    else if (word === "on-failure") sketch.onFailure = next as NonNullable<StepSketch["onFailure"]>;
    else if (word === "lands-within") sketch.landsWithinMs = Number(next);
    else if (word === "cooldown") sketch.cooldownMs = Number(next);
    else if (word === "box") sketch.box = next;
    else if (word === "level") sketch.level = Number(next);
    else if (word === "for") sketch.forMs = Number(next);
    else {
      at -= 1;
      if (word === "irreversible") sketch.irreversible = true;
      else if (word === "probe" || word === "wait" || word === "approve") sketch.kind = word;
      else sketch.idempotency = word as NonNullable<StepSketch["idempotency"]>;
    }
    at += 1;
  }
  return sketch;
}

/** Plays a scenario; gives each step's records as the file writes them. */
export function playScenario(text: string): readonly { readonly step: ScenarioStep; readonly recorded: readonly string[] }[] {
  const { steps, script } = parseScenario(text);
  const driver = testDriver();
  const sent = new Map<string, SendCommand>();
  return script.map((step) => {
    const known = driver.records.length;
    happen(driver, { steps, sent, words: step.happening.split(/\s+/) });
    return { step, recorded: driver.records.slice(known).map(({ event }) => describeEvent(event)) };
  });
}

interface Happening {
  readonly steps: readonly StepSketch[];
  readonly sent: Map<string, SendCommand>;
  readonly words: readonly string[];
}

function happen(driver: TestDriver, { steps, sent, words }: Happening): Decision | undefined {
  const [word, first = "", second = ""] = words;
  const base = { atMs: driver.nowMs, runId: "run_1" } as const;
  switch (word) {
    case "start": return give(driver, startOf(planOf(steps), driver));
    case "read": return read(driver, dueFor(driver, "observe", first), { heldMs: 0 });
    case "send": case "lose": {
      const command = dueFor(driver, "send", first);
      sent.set(first, command);
      if (word === "send") land(driver, command);
      return undefined;
    }
    case "reply": {
      const command = sent.get(first);
      invariant(command !== undefined, "a reply answers what was sent");
      return answer(driver, command, replyOf(second));
    }
    case "wait":
      driver.nowMs += Number(first);
      return give(driver, { ...base, kind: "tick", atMs: driver.nowMs });
    case "set":
      driver.levels.set(first, Number(second));
      return undefined;
    case "go":
      runToRest(driver);
      return undefined;
    default: return give(driver, personsInput(base, words));
  }
}

function personsInput(base: { readonly atMs: number; readonly runId: string }, [word, first = "", second = ""]: readonly string[]): Input {
  switch (word) {
    case "stop": case "kill": case "rollback": case "close": return { ...base, kind: word, by: alice, reason: "asked to" };
    case "resolve": return { ...base, kind: "resolve", stepId: first, as: second as "applied", by: alice, reason: "looked" };
    case "answer": return { ...base, kind: "answer", stepId: first, answer: second as "approved", by: alice };
    case "freeze": case "unfreeze": return { atMs: base.atMs, kind: word, runId: null, scope: first, by: alice, reason: "asked to" };
    case "epoch": return { ...base, kind: "epoch", epoch: Number(first), standing: { kind: "permitted" } };
    default: throw new Error(`a scenario knows no \`${word ?? ""}\``);
  }
}

function replyOf(word: string): Reply {
  const found = { code: "E_TIMEOUT", pointer: "", message: word, hint: "" } as const;
  switch (word) {
    case "applied": return { kind: "applied", output: { level: 1 }, outputBytes: 11, outcome: "yes" };
    case "rejected": return { kind: "rejected", problem: found, retryable: false };
    case "busy": return { kind: "rejected", problem: found, retryable: true };
    default: return { kind: "unknown", problem: found };
  }
}

function describeEvent(event: Event): string {
  switch (event.kind) {
    case "step_intent": return `step_intent ${event.attempt.stepId} ${event.attempt.direction} ${event.attempt.n}`;
    case "attempt_settled": case "reply_ignored": return `${event.kind} ${event.attempt.stepId} ${event.attempt.direction} ${event.attempt.n} ${event.reply.kind}`;
    case "step_settled": return `step_settled ${event.stepId} ${event.outcome}`;
    case "step_failed": return `step_failed ${event.stepId} ${event.touched ? "touched" : "untouched"} ${event.problem.code}`;
    case "step_in_doubt": return `step_in_doubt ${event.stepId} ${event.direction}, ${event.owner} is asked`;
    case "step_resolved": return `step_resolved ${event.stepId} ${event.direction} ${event.as} by ${event.by?.id ?? "reading"}`;
    case "step_held": return `step_held ${event.stepId} ${event.problem.code}`;
    case "run_draining": return `run_draining then ${event.then}`;
    case "compensation_started": return `compensation_started ${event.order.join(" ")}`.trim();
    case "step_compensated": return `step_compensated ${event.stepId} ${event.how}`;
    case "run_dirty": return `run_dirty ${event.stepId} ${event.problem.code}, ${event.owner} owns it`;
    case "run_ended": return `run_ended ${event.outcome}${event.wrote.length > 0 ? `, wrote ${event.wrote.join(" ")}` : ""}`;
    case "input_refused": return `input_refused ${event.input} ${event.problem.code}`;
    default: return "stepId" in event ? `${event.kind} ${event.stepId}` : event.kind;
  }
}
