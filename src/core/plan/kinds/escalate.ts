import { limits } from "../../value/limits.ts";
import { oneOf } from "../../value/shape.ts";
import { objectOf } from "../../value/shape-object.ts";
import { anyText } from "../../value/shape-stored.ts";
import { saidBy } from "../../value/text.ts";
import type { EscalateStep } from "../plan.ts";
import { oneStep } from "./cost.ts";
import { baseFields } from "./read-step.ts";
import { type KindRules, parameter } from "./step-kind.ts";

/** An ending that hands the run to a person. */
export const escalate: KindRules<EscalateStep> = {
  call: null,
  isEnding: true,
  parameters: [parameter("reason", { kind: "string", lengthMax: limits.proseCharsMax, charset: "text" })],
  optional: [],
  mayGoUnread: false,
  silences: [],
  asksPerson: false,
  outcomes: () => [],
  build: ({ base, literal }) => ({ kind: "escalate", ...base, reason: String(literal("reason") ?? "") }),
  cost: () => oneStep,
  read: objectOf<EscalateStep>({ kind: oneOf(["escalate"]), ...baseFields, reason: anyText() }),
  reads: () => [],
  guards: () => [],
  title: ({ reason }) => `escalate: ${saidBy("the plan", reason)}`,
  details: () => [],
  shape: () => "ending",
};
