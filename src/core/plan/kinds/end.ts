import { oneOf } from "../../value/shape.ts";
import { objectOf } from "../../value/shape-object.ts";
import { anyList } from "../../value/shape-stored.ts";
import type { EndStep } from "../plan.ts";
import { observeBytes, observeMs, oneStep } from "./cost.ts";
import { baseFields, objectRef } from "./read-step.ts";
import type { KindRules } from "./step-kind.ts";

/** The good ending: the goal is read back. */
export const end: KindRules<EndStep> = {
  call: null,
  isEnding: true,
  parameters: [],
  optional: [],
  mayGoUnread: false,
  silences: [],
  asksPerson: false,
  outcomes: () => [],
  build: ({ base, goalReads }) => ({ kind: "end", ...base, reads: goalReads }),
  cost: ({ reads }) => ({
    ...oneStep,
    callCount: reads.length,
    outputBytes: reads.length * observeBytes,
    durationMs: observeMs(reads),
  }),
  read: objectOf<EndStep>({ kind: oneOf(["end"]), ...baseFields, reads: anyList(objectRef) }),
  reads: ({ reads }) => reads,
  guards: () => [],
  title: () => "end: the goal is read back",
  details: ({ reads }) => (reads.length === 0 ? [] : [{ label: "reads", text: reads.join(", ") }]),
  shape: () => "ending",
};
