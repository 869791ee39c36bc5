import { type Formula, referTo } from "../../guard/formula.ts";
import { notRun } from "../kinds/outcomes.ts";

/*
 * Conditions over outcomes that the compiler itself writes. They stand at column 0: nobody typed them.
 */

/** That a step had an outcome, or that it had another. */
export function compareOutcome(stepId: string, operator: "==" | "!=", outcome: string): Formula {
  const right = { kind: "constant", value: outcome, column: 0 } as const;
  return { kind: "comparison", operator, left: referTo([stepId], 0), right, column: 0 };
}

/** That a step had one of these outcomes. */
export function hadOneOf(stepId: string, outcomes: readonly string[]): Formula {
  const [only] = outcomes;
  if (only !== undefined && outcomes.length === 1) return compareOutcome(stepId, "==", only);
  const items = outcomes.map((value) => ({ kind: "constant", value, column: 0 }) as const);
  return { kind: "membership", element: referTo([stepId], 0), items, column: 0 };
}

/** That a step ran, whatever its outcome. */
export function hasRun(stepId: string): Formula {
  return compareOutcome(stepId, "!=", notRun);
}

/** That a step did not run. */
export function hasNotRun(stepId: string): Formula {
  return compareOutcome(stepId, "==", notRun);
}
