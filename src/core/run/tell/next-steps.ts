import { assertNever } from "../../value/invariant.ts";
import type { NextStep } from "../../value/next-step.ts";
import type { RunView, WaitView } from "./view.ts";

/** A step that moves a run on. */
export type RunStep = Extract<NextStep, { readonly do: "resume" | "watch" | "resolve" | "answer" | "close" }>;

/**
 * What moves a run on from where it stands, the best first. Every place that advises on a run takes its advice from
 * here, so that no two of them differ.
 *
 * @param hasEngine - `false` only if it is known that nobody works on the run: see `WatchedRun.hasEngine`
 * @returns never empty for a run that has not ended; empty for one that has
 */
export function nextStepsOf(
  { runId, phase, waitingFor }: Pick<RunView, "runId" | "phase" | "waitingFor">,
  hasEngine: boolean | null,
): readonly RunStep[] {
  if (phase === "ended") return [];
  const words = waitingFor.flatMap((wait) => wordOn(runId, wait, phase));
  // A command that was run for this run alone has given up asking about its operation.
  const isUnasked = hasEngine === null && waitingFor.some(isOperationInDoubt);
  // A dirty or killed run begins nothing by itself, and no engine changes that.
  const isLeft = (hasEngine === false || isUnasked) && phase !== "dirty" && phase !== "killed";
  const steps = isLeft ? [...words, { do: "resume", run: runId } as const] : words;
  return steps.length > 0 ? steps : [{ do: "watch", run: runId }];
}

/** The word of a person for which a run waits, if it waits for one. A wait for no step is that of a killed run. */
function wordOn(run: string, wait: WaitView, phase: RunView["phase"]): readonly RunStep[] {
  const { kind, stepId } = wait;
  if (stepId === null) return [{ do: "close", run }];
  if (isOperationInDoubt(wait)) return [];
  // Where a way back is stuck, nothing is under way of which a person could say that it happened.
  if (kind === "person" && phase === "dirty")
    return [{ do: "resolve", run, step: stepId, choices: ["restored", "not_applied"] }];
  if (kind === "person") return [{ do: "resolve", run, step: stepId }];
  return kind === "answer" ? [{ do: "answer", run, step: stepId }] : [];
}

/** Whether an operation keeps a step in doubt. Until its system says that it has ended, no word about it is taken. */
function isOperationInDoubt({ kind, operation }: WaitView): boolean {
  return kind === "person" && operation !== undefined;
}

/** A step that moves a run on, as an instruction. The command itself is for a face to word. */
export function sayStep(step: RunStep): string {
  switch (step.do) {
    case "resume":
      return "take it up again";
    case "watch":
      return "follow it until it ends";
    case "resolve":
      return "look at the target, then say what you found";
    case "close":
      return "look at the target, then close the run";
    case "answer":
      return "answer the question";
    default:
      return assertNever(step);
  }
}

/** How a run stands, as the rest of a sentence about it: `is running, and waits for ada to answer "ask"`. */
export function sayStanding(
  { phase, outcome, waitingFor, steps }: Pick<RunView, "phase" | "outcome" | "waitingFor" | "steps">,
  hasEngine: boolean | null,
): string {
  if (phase === "ended") return `has ended, ${String(outcome).replaceAll("_", " ")}`;
  const doubtful = steps.filter(({ status }) => status === "in_doubt").map(({ id }) => `\`${id}\``);
  const doubt = doubtful.length === 0 ? "" : ` with ${nameFew(doubtful)} in doubt`;
  const asked = waitingFor.find(({ owner }) => owner !== null);
  const alike = waitingFor.filter(({ owner, kind }) => owner === asked?.owner && kind === asked?.kind);
  const waits = asked === undefined ? "" : `, and waits for ${asked.owner}${sayMatter(asked, alike)}`;
  const left = hasEngine === false ? `${waits === "" ? ", and" : ";"} nobody works on it` : "";
  return `${phase === "killed" ? "was" : "is"} ${phase}${doubt}${waits}${left}`;
}

/** As many steps as a sentence names. */
const namedMax = 3;

function nameFew(names: readonly string[]): string {
  const rest = names.length - namedMax;
  return `${names.slice(0, namedMax).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** @param alike - everything for which the run waits in the same way for the same person */
function sayMatter({ kind, stepId }: WaitView, alike: readonly WaitView[]): string {
  if (stepId === null) return "";
  const steps = nameFew(alike.map((wait) => `\`${String(wait.stepId)}\``));
  return kind === "answer" ? ` to answer ${steps}` : ` to settle ${steps}`;
}
