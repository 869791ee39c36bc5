import type { CallStep } from "../plan.ts";
import { callRules } from "./call.ts";
import type { KindRules } from "./step-kind.ts";

/** A step that carries out an action. Its failure ends the run, unless the plan branches on it. */
export const act: KindRules<CallStep> = {
  ...callRules,
  call: { readsOnly: false, canFail: true, onFailure: (chosen) => chosen },
  mayGoUnread: false,
  silences: [],
  outcomes: ({ onFailure }) => (onFailure === "branch" ? ["done", "failed"] : ["done"]),
  build: (parts) => parts.call("act"),
};
