import { limits } from "../../value/limits.ts";
import { oneOf } from "../../value/shape.ts";
import { objectOf } from "../../value/shape-object.ts";
import { anyText, wholeNumber } from "../../value/shape-stored.ts";
import { saidBy } from "../../value/text.ts";
import { describeDuration } from "../../value/units.ts";
import type { ApproveStep } from "../plan.ts";
import { oneStep } from "./cost.ts";
import { baseFields } from "./read-step.ts";
import { type KindRules, parameter, waitMsMax } from "./step-kind.ts";

/** How long a person has to answer when the step does not say. */
const answerWithinMs = 3_600_000;

/** A step that asks a person while the run waits. */
export const approve: KindRules<ApproveStep> = {
  call: null,
  isEnding: false,
  parameters: [
    parameter("question", { kind: "string", lengthMax: limits.proseCharsMax, charset: "text" }),
    parameter("withinMs", { kind: "integer", min: 1_000, max: waitMsMax }),
  ],
  optional: ["withinMs"],
  mayGoUnread: false,
  silences: ["rejected", "expired"],
  asksPerson: true,
  outcomes: () => ["approved", "rejected", "expired"],
  build: ({ base, literal }) => ({
    kind: "approve",
    ...base,
    question: String(literal("question") ?? ""),
    withinMs: Number(literal("withinMs") ?? answerWithinMs),
  }),
  cost: ({ withinMs }) => ({ ...oneStep, durationMs: withinMs }),
  read: objectOf<ApproveStep>({
    kind: oneOf(["approve"]),
    ...baseFields,
    question: anyText(),
    withinMs: wholeNumber(),
  }),
  reads: () => [],
  guards: () => [],
  title: ({ question, withinMs }) =>
    `ask a person within ${describeDuration(withinMs)}: ${saidBy("the proposer", question)}`,
  details: () => [],
  shape: () => "other",
};
