import type { Plan } from "../../src/core/plan/plan.ts";
import { claim, type Judged, type KnownRun, type Oracle, type RunMemory } from "./memory.ts";
import { boxOf, callStepOf, type EventOf, leftLevel } from "./words.ts";

/**
 * Checks how the way back begins: it covers everything that was touched, newest first, and nothing is in the air (I4,
 * I11).
 */
export function compensating(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"compensation_started">,
  run: KnownRun,
  memory: RunMemory,
): void {
  claim(oracle, memory.touched.length > 0, "I4", "a way back begins and nothing was touched");
  claim(
    oracle,
    event.order.join() === [...memory.touched].reverse().join(),
    "I4",
    `undoes ${event.order.join()} although ${memory.touched.join()} were touched`,
  );
  for (const [at, stepId] of event.order.entries()) {
    for (const later of event.order.slice(at + 1))
      claim(
        oracle,
        !ancestorsOf(run.plan, later).has(stepId),
        "I4",
        `${stepId} is undone before ${later}, which came after it`,
      );
  }
  for (const [key, attempts] of memory.attempts) {
    if (!key.endsWith(" do") || callStepOf(run.plan, key.slice(0, -3))?.call.access !== "write") continue;
    claim(
      oracle,
      attempts.every((attempt) => attempt.status !== "open"),
      "I11",
      `the way back begins while ${key} is in the air`,
    );
  }
  claim(
    oracle,
    memory.doubtful.size === 0,
    "I11",
    `the way back begins while ${[...memory.doubtful].join()} is in doubt`,
  );
  claim(oracle, judged.run === run, "I11", "another run's way back");
  memory.isCompensating = true;
}

/** Checks a step of the way back that is over (I4, I20). */
export function compensated(
  oracle: Oracle,
  event: EventOf<"step_compensated">,
  run: KnownRun,
  memory: RunMemory,
): void {
  claim(oracle, !memory.undone.includes(event.stepId), "I4", `${event.stepId} is undone twice`);
  memory.undone.push(event.stepId);
  memory.doubtful.delete(event.stepId);
  const step = callStepOf(run.plan, event.stepId);
  if (event.how === "by_person") memory.onWord.add(event.stepId);
  if (event.how === "by_person" || step === null) return;
  const landed = memory.landings.get(`${event.stepId} undo`) ?? 0;
  if (event.how === "undone")
    claim(
      oracle,
      landed > 0 || oracle.isMeddled || memory.byPerson.has(event.stepId),
      "I20",
      `${event.stepId} is called undone and the undo never landed`,
    );
  else
    claim(
      oracle,
      landed === 0 || memory.byPerson.has(event.stepId),
      "I4",
      `${event.stepId} was undone, and is called a no-op`,
    );
  const reading = memory.lastReading?.result.kind === "seen" ? memory.lastReading.result.objects : [];
  const level = reading.find((object) => object.object === step.target)?.facts[0]?.value;
  claim(oracle, level !== undefined, "I20", `${event.stepId} is called undone without a reading`);
  memory.knownLevels.set(boxOf(step.target), leftLevel(event.left));
}

/** Every step that has to be over before this one. */
function ancestorsOf(plan: Plan, stepId: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    for (const before of plan.steps.find((step) => step.id === id)?.after ?? []) {
      if (found.has(before)) continue;
      found.add(before);
      visit(before);
    }
  };
  visit(stepId);
  return found;
}
