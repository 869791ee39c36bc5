import { beginPass, type Compilation, type Passed, takeOr } from "./compilation.ts";
import { bothGuards, type GroundGuard, groundGuard, trueGuard } from "./ground-guard.ts";

/** Pass 2. The operator's goal holds whatever the proposal says; the proposal's own goal is demanded in addition. */
export function groundGoal(compilation: Compilation): Passed<GroundGuard> {
  const pass = beginPass(compilation);
  const { request, index, guardInputs } = compilation;
  const place = { index, target: null, args: new Map(), objectArgs: new Map(), inputs: guardInputs };
  const ground = (text: string, pointer: string): GroundGuard =>
    takeOr(pass, groundGuard(text, { ...place, pointer })) ?? trueGuard;
  const goal = bothGuards(ground(request.goal, ""), ground(request.proposal.goal, "/goal"));
  return { value: goal, problems: pass.problems };
}
