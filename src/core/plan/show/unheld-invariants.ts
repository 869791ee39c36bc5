import { conjunctsOf } from "../../guard/conjuncts.ts";
import { quote } from "../../value/text.ts";
import { factName } from "../compile/read-object.ts";
import type { Plan } from "../plan.ts";

/**
 * Why an invariant of a plan is not held while the plan runs, in words for people: nothing reads what it is about, or
 * it is larger than a guard may be. The compiler makes no such plan; an older release or another program may have.
 */
export function unheldInvariants(plan: Plan): readonly string[] {
  const read = new Set(
    plan.observations.flatMap(({ object, facts }) => facts.map(({ fact }) => factName(object, fact))),
  );
  return plan.invariants.flatMap((declared) => {
    const parts = conjunctsOf(declared);
    const subject = `the invariant ${quote(declared.name)} is not held while the plan runs`;
    if (parts.length === 0) return [`${subject}: its guard is larger than a guard may be`];
    const unread = parts.flatMap(({ facts }) => facts.filter((fact) => !read.has(fact)));
    return unread.length === 0 ? [] : [`${subject}: ${quote(unread[0] ?? "")} is not read`];
  });
}
