import { oneOf } from "../../value/shape.ts";
import { objectOf, optionalSince } from "../../value/shape-object.ts";
import { anyList } from "../../value/shape-stored.ts";
import type { EndStep } from "../plan.ts";
import { observeBytes, observeMs, oneStep } from "./cost.ts";
import { baseFields, objectRef } from "./read-step.ts";
import { type KindRules, parameter } from "./step-kind.ts";

/** The good ending, where the goal is read back; with `world: rollback`, one at which the run undoes what it wrote. */
export const end: KindRules<EndStep> = {
  call: null,
  isEnding: true,
  parameters: [parameter("world", { kind: "values", values: ["goal", "rollback"] })],
  optional: ["world"],
  mayGoUnread: false,
  silences: [],
  asksPerson: false,
  outcomes: () => [],
  build: ({ base, goalReads, literal }) =>
    literal("world") === "rollback"
      ? { kind: "end", ...base, world: "rollback", reads: [] }
      : { kind: "end", ...base, reads: goalReads },
  cost: ({ reads }) => ({
    ...oneStep,
    callCount: reads.length,
    outputBytes: reads.length * observeBytes,
    durationMs: observeMs(reads),
  }),
  read: objectOf<EndStep>({
    kind: oneOf(["end"]),
    ...baseFields,
    world: optionalSince("interlock.plan/2", oneOf(["rollback"])),
    reads: anyList(objectRef),
  }),
  reads: ({ reads }) => reads,
  guards: () => [],
  title: ({ world }) => (world === undefined ? "end: the goal is read back" : "end: what was written is undone"),
  details: ({ reads }) => (reads.length === 0 ? [] : [{ label: "reads", text: reads.join(", ") }]),
  shape: () => "ending",
};
