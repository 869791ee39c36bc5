import { actorName, askerName } from "../../value/actor-name.ts";
import type { Plan, PlanIntent, PlanPreparer, Proposer } from "../plan.ts";

/*
 * Whose words the goal is. A run is judged by it, so a person has to know whether somebody asked for exactly this, or
 * whether a model read it into what was asked.
 */

/** What has to be known of a plan to say whose words they are. `null` stands for what the plan does not say. */
export interface Wording {
  readonly asked: PlanIntent | null;
  readonly proposer: Proposer;
  readonly preparedBy: PlanPreparer | null;
}

/** What a row about the goal begins with: `goal (by the model)`; `goal` alone where nobody recorded who worded it. */
export function goalLabel(wording: Wording, viewer: string | null = null): string {
  const { asked } = wording;
  if (asked === null || asked.goalBy === "none") return "goal";
  return `goal (by ${wordedBy(asked, wording, viewer)})`;
}

function wordedBy({ by, goalBy }: PlanIntent, { proposer, preparedBy }: Wording, viewer: string | null): string {
  const asker = askerName(by, preparedBy, viewer);
  if (goalBy === "asker") return asker;
  return goalBy === "both" ? `${asker}, and more by ${proposerWords[proposer.kind]}` : proposerWords[proposer.kind];
}

const proposerWords: Readonly<Record<Proposer["kind"], string>> = {
  person: "the proposer",
  file: "the proposal",
  model: "the model",
  workflow: "the workflow",
  search: "the decision",
  recovery: "the recovery",
};

/** What to know of a goal that an agent or a service gave in place of a person; `null` where none did. */
export function markOfAsker({ goal, intent, preparedBy }: Plan): string | null {
  if (goal === "" || preparedBy === undefined || preparedBy.kind === "person") return null;
  const isGiven = intent?.goalBy === "asker" || intent?.goalBy === "both";
  // A service may plan what stands in a file. An agent may have written the file too.
  if (!isGiven && (intent !== undefined || preparedBy.kind === "service")) return null;
  return `${actorName(preparedBy)} gave the goal, and no person has confirmed it: to confirm it, plan as yourself`;
}

/** What to know of a goal that a model worded, in whole or in part; `null` where none did. */
export function markOfGoal({ goal, intent, proposer }: Plan): string | null {
  if (goal === "" || proposer.kind !== "model") return null;
  const how = "to confirm it, plan again with it as your own goal";
  if (intent === undefined) return `who worded the goal is not recorded, and a model proposed the plan: ${how}`;
  if (intent.goalBy === "proposer") return `the model worded the goal, and nobody has confirmed it: ${how}`;
  return intent.goalBy === "both" ? `the model added to the goal, and nobody has confirmed that: ${how}` : null;
}
