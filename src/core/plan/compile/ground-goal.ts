import type { GoalBy } from "../plan.ts";
import { beginPass, type Compilation, type Passed, takeOr } from "./compilation.ts";
import { bothGuards, type GroundGuard, groundGuard, trueGuard } from "./ground-guard.ts";

/** A plan's goal, and who worded it. */
export interface GroundGoal extends GroundGuard {
  readonly by: GoalBy;
}

/** Pass 2. The operator's goal holds whatever the proposal says; the proposal's own goal is demanded in addition. */
export function groundGoal(compilation: Compilation): Passed<GroundGoal> {
  const pass = beginPass(compilation);
  const { request, index, guardInputs } = compilation;
  const place = { index, target: null, args: new Map(), objectArgs: new Map(), inputs: guardInputs };
  const ground = (text: string, pointer: string, isOurs = false): GroundGuard =>
    takeOr(pass, groundGuard(text, { ...place, pointer, isOurs })) ?? trueGuard;
  const asked = ground(request.goal, "");
  // The goal of a rollback is ours: it names every fact that is put back, and there may be many.
  const isOurs = request.proposer.kind === "recovery";
  const goal = bothGuards(asked, ground(request.proposal.goal, "/goal", isOurs));
  return { value: { ...goal, by: wordedBy(asked.text, goal.text) }, problems: pass.problems };
}

/** A proposer that repeats the operator's goal has added nothing to it. */
function wordedBy(asked: string, whole: string): GoalBy {
  if (whole === "") return "none";
  if (asked === whole) return "asker";
  return asked === "" ? "proposer" : "both";
}
