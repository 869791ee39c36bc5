import { oneOf } from "../../value/shape.ts";
import { objectOf } from "../../value/shape-object.ts";
import { wholeNumber } from "../../value/shape-stored.ts";
import { describeDuration } from "../../value/units.ts";
import type { WaitStep } from "../plan.ts";
import { oneStep } from "./cost.ts";
import { baseFields } from "./read-step.ts";
import { type KindRules, parameter, waitMsMax } from "./step-kind.ts";

/** A step that lets time pass. */
export const wait: KindRules<WaitStep> = {
  call: null,
  isEnding: false,
  parameters: [parameter("forMs", { kind: "integer", min: 1, max: waitMsMax })],
  optional: [],
  mayGoUnread: false,
  silences: [],
  asksPerson: false,
  outcomes: () => ["elapsed"],
  build: ({ base, literal }) => ({ kind: "wait", ...base, forMs: Number(literal("forMs") ?? 0) }),
  cost: ({ forMs }) => ({ ...oneStep, durationMs: forMs }),
  read: objectOf<WaitStep>({ kind: oneOf(["wait"]), ...baseFields, forMs: wholeNumber() }),
  reads: () => [],
  guards: () => [],
  title: ({ forMs }) => `wait ${describeDuration(forMs)}`,
  details: () => [],
  shape: () => "other",
};
