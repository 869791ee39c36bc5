import type { OnFailure } from "../../domain/domain.ts";

// `branch` goes on, `stop` and `recover` leave things where they are, `rollback` undoes them, `escalate` hands them to a person.
// Stopping and undoing are different cares: an author who asks for the way back is not served by standing still.
const acceptable: Readonly<Record<OnFailure, readonly OnFailure[]>> = {
  branch: ["branch", "stop", "recover", "rollback", "escalate"],
  recover: ["recover", "stop", "rollback", "escalate"],
  stop: ["stop", "recover", "rollback", "escalate"],
  rollback: ["rollback", "escalate"],
  escalate: ["escalate"],
};

/** The choices a proposal has for an action whose author asks for `declared`. */
export function choicesFor(declared: OnFailure): readonly OnFailure[] {
  return acceptable[declared];
}

/** Whether a proposal's choice is at least as cautious as the action's own. */
export function isAtLeastAsCautious(chosen: OnFailure, declared: OnFailure): boolean {
  return acceptable[declared].includes(chosen);
}
