import type { Plan } from "../../plan/plan.ts";
import { type Course, CourseFinder } from "../courses.ts";
import { type World, worldOf } from "../world.ts";
import { buriedSteps, unsoakedReleases, wholeFleets } from "./fleet.ts";
import { uncancellableOperations } from "./operations.ts";
import type { Ran, Risk } from "./risk.ts";
import { certainSpanOf, idleLocks, lateRepairs, outlastsApproval } from "./time.ts";
import { overwrittenWrites, returns, unaskedChange } from "./writes.ts";

/** Courses that are looked at; where a plan has more, those in which the fewest steps fail. */
const coursesMax = 64;

/** Steps that are looked at on all courses together: the outlook of a fleet is to take less time than compiling it. */
const courseStepsMax = 4_096;

/** Courses that are looked at however many steps they have: the smooth one, and what follows a failure. */
const coursesMin = 4;

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
  const found = coursesOf(world);
  const courses = found.map((course) => ranOn(world, course));
  return [
    ...overwrittenWrites(plan, world, courses),
    ...returns(world, courses),
    ...wholeFleets(
      plan,
      world,
      found.map((course) => begunOn(world, course)),
    ),
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
  return certainSpanOf(
    plan,
    coursesOf(world).map((course) => ranOn(world, course)),
  );
}

function coursesOf(world: World): readonly Course[] {
  const steps = world.steps.filter(({ kind }) => kind !== "end" && kind !== "escalate").map(({ at }) => at);
  const max = Math.max(coursesMin, Math.min(coursesMax, Math.floor(courseStepsMax / steps.length)));
  return new CourseFinder(world, { left: 0 }).smoothestCourses(steps, max);
}

const noInvariants: Risk = {
  code: "no_invariants",
  steps: [],
  text: "the domain declares no invariants: nothing says what must not happen on the way",
};

function ranOn({ steps }: World, { fates }: Course): Ran {
  return steps.filter(({ at }) => fates.get(at) === "done");
}

/** With the steps that failed: a step that waits for one of those begins when it is known how that went. */
function begunOn({ steps }: World, { fates }: Course): Ran {
  return steps.filter(({ at }) => (fates.get(at) ?? "skipped") !== "skipped");
}
