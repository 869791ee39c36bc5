import type { Plan } from "../plan/plan.ts";
import { invariant } from "../value/invariant.ts";
import { createRun, foldRun } from "./apply.ts";
import type { Command, ObserveCommand, SendCommand } from "./command.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import { due } from "./due.ts";
import type { Event } from "./event.ts";
import type { Authorization, Input, ObservedObject, Reply, StartInput } from "./input.ts";
import { boxFingerprint, boxRef, testDigest } from "./plan.fixture.ts";
import { applySite, emptySite } from "./site.ts";
import type { RunState, SiteState } from "./state.ts";

/** A driver for tests that does one thing at a time, on a world of boxes that the test can change. */
export interface TestDriver {
  site: SiteState;
  run: RunState | null;
  nowMs: number;
  readonly levels: Map<string, number>;
  readonly records: { readonly event: Event; readonly atMs: number }[];
  readonly decisions: Decision[];
}

/** The person of the tests. */
export const alice = { kind: "person", id: "alice", keyId: null } as const;

/** A driver over fresh boxes, none of which has been written. */
export function testDriver(levels: Readonly<Record<string, number>> = {}): TestDriver {
  return { site: applySite(emptySite(), { kind: "engine_opened", runId: null, epoch: 1, release: "test" }, 0), run: null, nowMs: 1_000, levels: new Map(Object.entries(levels)), records: [], decisions: [] };
}

/** Decides one input and keeps what it led to. */
export function give(driver: TestDriver, input: Input): Decision {
  const decision = decide(driver.site, driver.run, input);
  driver.site = decision.site;
  if (decision.run !== null) driver.run = decision.run;
  driver.records.push(...decision.events.map((event) => ({ event, atMs: decision.atMs })));
  driver.decisions.push(decision);
  return decision;
}

/** An approval of a plan by alice that does not expire within a test. */
export function approvalOf(planHash: string): Authorization {
  return { kind: "approval", approvalId: `ap_${planHash}`, planHash: planHash as ReturnType<typeof testDigest>, principal: alice, expiresAtMs: 1e9, attended: true, solo: false };
}

/** A `start` of a plan that nothing speaks against. */
export function startOf(plan: Plan, driver: TestDriver, runId = "run_1"): StartInput {
  const planHash = testDigest(`plan of ${runId}`);
  const { domain, pack, connections, policies, situation, evidence, engine } = plan.pins;
  const targets = plan.pins.targets.map((pin) => seeBox(driver, pin.object.slice("box/".length)));
  return {
    kind: "start", atMs: driver.nowMs, runId, plan, planHash, authorization: approvalOf(planHash), actor: alice,
    current: { domain, pack, connections, policies, situation, evidence, engine, targets },
  };
}

/** A box as it is read now. */
export function seeBox(driver: TestDriver, box: string): ObservedObject {
  const level = driver.levels.get(box) ?? 0;
  return { object: boxRef(box), fingerprint: boxFingerprint(level), fence: String(level), facts: [{ name: `box.${box}.level`, value: level }] };
}

/** What is due now. */
export function dueNow(driver: TestDriver): readonly Command[] {
  return driver.run === null ? [] : due(driver.run);
}

/** The one command of a kind that is due for a step. */
export function dueFor<Kind extends Command["kind"]>(driver: TestDriver, kind: Kind, stepId: string): Extract<Command, { readonly kind: Kind }> {
  const found = dueNow(driver).filter((command) => command.kind === kind && stepOf(command) === stepId);
  invariant(found.length === 1, `one ${kind} is due for ${stepId}`);
  // The filter kept commands of this kind alone.
  return found[0] as Extract<Command, { readonly kind: Kind }>;
}

/** Answers a reading with the world as it is. */
export function read(driver: TestDriver, command: ObserveCommand, answer: { readonly waitedMs?: number; readonly heldMs?: number } = {}): Decision {
  const objects = command.objects.map((object) => seeBox(driver, object.slice("box/".length)));
  return give(driver, {
    kind: "observed", atMs: driver.nowMs, runId: command.runId, commandId: command.id, standing: { kind: "permitted" },
    result: { kind: "seen", objects, heldMs: answer.heldMs ?? command.holdMs, waitedMs: answer.waitedMs ?? command.quietMs },
  });
}

/** Carries a call out on the boxes, without answering. */
export function land(driver: TestDriver, command: SendCommand): void {
  if (command.call.access === "read") return;
  const effect = command.call.with as { readonly box: string; readonly level: number };
  driver.levels.set(effect.box, effect.level);
}

/** Answers a call. */
export function answer(driver: TestDriver, command: SendCommand, reply: Reply): Decision {
  return give(driver, { kind: "reply", atMs: driver.nowMs, runId: command.attempt.runId, attempt: command.attempt, reply });
}

/** Goes on, everything succeeding, until nothing but people or timers far away is waited for. */
export function runToRest(driver: TestDriver, outcome: (stepId: string) => string | null = () => null): void {
  // Readings for a doubt that told nothing: they are asked again for ever, and waited for by a person.
  const fruitless = new Set<string>();
  for (let round = 0; round < 10_000; round += 1) {
    const commands = dueNow(driver).filter((candidate) => !fruitless.has(candidate.id));
    const command = commands.find((candidate) => candidate.kind !== "timer") ?? commands[0];
    if (command === undefined || (command.kind === "timer" && fruitless.size > 0)) return;
    if (command.kind === "timer") {
      driver.nowMs = command.atMs;
      give(driver, { kind: "tick", atMs: driver.nowMs, runId: command.runId });
    } else if (command.kind === "observe") {
      const decision = read(driver, command);
      if (decision.events.length === 0) fruitless.add(command.id);
    } else {
      land(driver, command);
      const level = driver.levels.get((command.call.with as { readonly box: string }).box) ?? 0;
      answer(driver, command, { kind: "applied", output: { level }, outputBytes: 11, outcome: outcome(command.attempt.stepId) });
    }
  }
  invariant(false, "a run comes to rest");
}

/** Kinds of the events so far. */
export function eventKinds(driver: TestDriver): readonly string[] {
  return driver.records.map((record) => record.event.kind);
}

/** The run folded afresh from its records: must be what the decisions led to (I7). */
export function refold(driver: TestDriver, plan: Plan): RunState {
  invariant(driver.run !== null, "a run was started");
  const { prepared } = driver.run;
  return foldRun(createRun(plan, prepared.planHash, prepared.runId), driver.records.filter((record) => record.event.runId === prepared.runId));
}

function stepOf(command: Command): string | null {
  if (command.kind === "observe") return command.stepId;
  return command.kind === "send" ? command.attempt.stepId : null;
}
