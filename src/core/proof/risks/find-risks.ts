import type { Plan } from "../../plan/plan.ts";
import { type Course, CourseFinder } from "../courses.ts";
import { type World, worldOf } from "../world.ts";
import { buriedSteps, unsoakedReleases, wholeFleets } from "./fleet.ts";
import { uncancellableOperations } from "./operations.ts";
import type { Ran, Risk } from "./risk.ts";
import { certainSpanOf, idleLocks, lateRepairs, outlastsApproval } from "./time.ts";
import { overwrittenWrites, returns, unaskedChange } from "./writes.ts";

/** Courses that are looked at. A plan with more of them is told what holds of the first. */
const coursesMax = 64;

/** States that the search for courses may look at. */
const statesMax = 20_000;

/** What the risks of a plan are judged by, beside the plan itself. */
export interface RiskTerms {
  /** Names of invariants that are false before the plan, and that it makes true. */
  readonly restored: readonly string[];
  /** How long an approval counts unless somebody says otherwise, in milliseconds; `null` where that is not known. */
  readonly approvalMs: number | null;
}

/** The risks of a plan that its declared effects and its pauses show. */
export function findRisks(plan: Plan, world: World, terms: RiskTerms): readonly Risk[] {
  if (!world.steps.some(({ isWrite }) => isWrite)) return [];
  const finder = new CourseFinder(world, { left: statesMax });
  const courses = coursesOf(world, finder);
  return [
    ...overwrittenWrites(plan, world, courses),
    ...returns(world, courses),
    ...wholeFleets(plan, world, courses),
    ...unsoakedReleases(plan, world, courses),
    ...buriedSteps(plan),
    ...outlastsApproval(plan, courses, terms.approvalMs),
    ...idleLocks(plan, courses),
    ...lateRepairs(plan, courses, terms.restored),
    ...uncancellableOperations(plan),
    ...(plan.invariants.length > 0 ? [] : [noInvariants]),
    ...(plan.goal === "" ? unaskedChange(world, courses) : []),
  ];
}

/** The most time that passes for certain between the first write of a plan and its last, in milliseconds. */
export function certainSpanMs(plan: Plan): number {
  if (!plan.steps.some(({ kind }) => kind === "wait")) return 0;
  const world = worldOf(plan);
  return certainSpanOf(plan, coursesOf(world, new CourseFinder(world, { left: statesMax })));
}

function coursesOf(world: World, finder: CourseFinder): readonly Ran[] {
  const found = finder.coursesOf(
    world.steps.filter(({ kind }) => kind !== "end" && kind !== "escalate").map(({ at }) => at),
  );
  return (found ?? []).slice(0, coursesMax).map((course) => ranOn(world, course));
}

const noInvariants: Risk = {
  code: "no_invariants",
  steps: [],
  text: "the domain declares no invariants: nothing says what must not happen on the way",
};

function ranOn({ steps }: World, { fates }: Course): Ran {
  return steps.filter(({ at }) => fates.get(at) === "done");
}
