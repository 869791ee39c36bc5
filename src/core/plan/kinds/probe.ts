import type { CallStep } from "../plan.ts";
import { callRules } from "./call.ts";
import { surpriseOutcomes } from "./outcomes.ts";
import type { KindRules } from "./step-kind.ts";

/** A step that asks a question: its action only reads, and the plan branches on the answer. */
export const probe: KindRules<CallStep> = {
  ...callRules,
  call: {
    readsOnly: true,
    canFail: false,
    // What still fails is a defect of the step itself, and the plan cannot go on from that.
    onFailure: (chosen, declared) => (chosen !== "branch" ? chosen : declared === "branch" ? "stop" : declared),
  },
  mayGoUnread: true,
  silences: surpriseOutcomes,
  outcomes: ({ action }) => [...(action?.outcomes ?? []).map((outcome) => outcome.name), ...surpriseOutcomes],
  // A probe whose outcomes nobody reads becomes a plain read: if no answer comes, the step fails, instead of having an
  // outcome that nobody looks at.
  build: (parts) => parts.call(parts.isUnread ? "act" : "probe"),
};
