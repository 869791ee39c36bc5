import type { Plan, PlanIntent, Proposer } from "../plan.ts";

/*
 * Whose words the goal is. A run is judged by it, so a person has to know whether somebody asked for exactly this, or
 * whether a model read it into what was asked.
 */

/** What a row about the goal begins with: `goal (by the model)`; `goal` alone where nobody recorded who worded it. */
export function goalLabel(intent: PlanIntent | null, proposer: Proposer, viewer: string | null = null): string {
  if (intent === null || intent.goalBy === "none") return "goal";
  return `goal (by ${wordedBy(intent, proposer, viewer)})`;
}

function wordedBy({ by, goalBy }: PlanIntent, { kind }: Proposer, viewer: string | null): string {
  const asker = by === viewer ? "you" : by;
  if (goalBy === "asker") return asker;
  return goalBy === "both" ? `${asker}, and more by ${proposerWords[kind]}` : proposerWords[kind];
}

const proposerWords: Readonly<Record<Proposer["kind"], string>> = {
  person: "the proposer",
  file: "the proposal",
  model: "the model",
  workflow: "the workflow",
  search: "the decision",
  recovery: "the recovery",
};

/** What to know of a goal that a model worded, in whole or in part; `null` where none did. */
export function markOfGoal({ goal, intent, proposer }: Plan): string | null {
  if (goal === "" || proposer.kind !== "model") return null;
  const how = "to confirm it, plan again with it as your own goal";
  if (intent === undefined) return `who worded the goal is not recorded, and a model proposed the plan: ${how}`;
  if (intent.goalBy === "proposer") return `the model worded the goal, and nobody has confirmed it: ${how}`;
  return intent.goalBy === "both" ? `the model added to the goal, and nobody has confirmed that: ${how}` : null;
}
