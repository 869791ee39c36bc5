import { oneOf } from "../../value/shape.ts";
import { objectOf, optionalSince } from "../../value/shape-object.ts";
import { anyText, wholeNumber } from "../../value/shape-stored.ts";
import { describeDuration } from "../../value/units.ts";
import type { FailureLimit, WaitStep } from "../plan.ts";
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
  build: ({ base, literal, failures }) => ({
    kind: "wait",
    ...base,
    forMs: Number(literal("forMs") ?? 0),
    ...(failures === null ? {} : { failures }),
  }),
  cost: ({ forMs }) => ({ ...oneStep, durationMs: forMs }),
  read: objectOf<WaitStep>({
    kind: oneOf(["wait"]),
    ...baseFields,
    forMs: wholeNumber(),
    failures: optionalSince("interlock.plan/2", objectOf<FailureLimit>({ of: anyText(), max: wholeNumber() })),
  }),
  reads: () => [],
  guards: () => [],
  title: ({ forMs }) => `wait ${describeDuration(forMs)}`,
  details: ({ failures }) =>
    failures === undefined
      ? []
      : [{ label: "abort", text: `it is skipped if more than ${failures.max} steps of ${failures.of} have failed` }],
  shape: () => "other",
};
