import { nextStepsOf, type RunStep, sayStanding, sayStep } from "../../core/run/tell/next-steps.ts";
import { type RunView, viewRun } from "../../core/run/tell/view.ts";
import type { RunState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { EngineSight } from "./engine-sight.ts";
import { type SiteLog, withLog } from "./site-log.ts";
import type { Workplace } from "./workplace.ts";

/** A run as it stands now, whether an engine works on it, and what moves it on. */
export interface SeenRun {
  readonly view: RunView;
  /** `null` if the run needs no engine, or if its engine may be on another machine. */
  readonly hasEngine: boolean | null;
  /** The best first; empty once the run has ended. */
  readonly next: readonly RunStep[];
}

/** In the other phases a run needs no engine: it has ended, or waits for a person. */
const workedPhases: readonly RunView["phase"][] = ["running", "draining", "compensating"];

/** How a folded run stands. */
export async function seeState(log: SiteLog, run: RunState, sight: Pick<EngineSight, "worksOn">): Promise<SeenRun> {
  const view = viewRun(run);
  const hasEngine = workedPhases.includes(view.phase) ? await sight.worksOn(log, view.runId) : null;
  return { view, hasEngine, next: nextStepsOf(view, hasEngine) };
}

/** How a run stands. Fails if the run's records were archived. */
export async function seeRun(place: Workplace, log: SiteLog, runId: string): Promise<Result<SeenRun, Problem>> {
  const run = await log.run(runId);
  return run.ok ? ok(await seeState(log, run.value, new EngineSight(place))) : run;
}

/** Adds to refusals that say to wait for a run what moves that run on, if waiting alone would not. */
export function adviseOnWaiting(place: Workplace, problems: readonly Problem[]): Promise<readonly Problem[]> {
  return Promise.all(
    problems.map(async (found) => {
      const { code, pointer, message, next } = found;
      const run = next?.do === "watch" ? next.run : undefined;
      if ((code !== "E_LOCKED" && code !== "E_PARENT_OPEN") || run === undefined) return found;
      const seen = await lookAt(place, run);
      const [first] = seen?.next ?? [];
      if (seen === null || first === undefined || first.do === "watch") return found;
      const why =
        first.do === "resume"
          ? "nobody works on that run, so it will not end by itself: resume it"
          : `that run ${sayStanding(seen.view, seen.hasEngine)}: ${sayStep(first)}`;
      return problem(code, pointer, message, why, first);
    }),
  );
}

/** Adds to the refusal of an approval that was used how its run stands, and what to do with that run. */
export async function adviseOnUse(place: Workplace, found: Problem, runId: string): Promise<Problem> {
  const seen = await lookAt(place, runId);
  if (seen === null) return found;
  const { code, pointer, message } = found;
  const standing = `\`${runId}\` ${sayStanding(seen.view, seen.hasEngine)}`;
  const [first] = seen.next;
  return first === undefined
    ? problem(code, pointer, message, `${standing}; to do it once more, approve the plan again`, {
        do: "explain",
        run: runId,
      })
    : problem(code, pointer, message, `${standing}: ${sayStep(first)}, and do not approve again`, first);
}

/** Adds to the refusal of a word that a run does not wait for what it does wait for. */
export async function adviseOnWord(place: Workplace, found: Problem, runId: string): Promise<Problem> {
  if (found.code !== "E_INPUT_UNEXPECTED") return found;
  const seen = await lookAt(place, runId);
  const [first] = seen?.next ?? [];
  if (seen === null || first === undefined) return found;
  const { code, pointer, message } = found;
  const stop = first.do === "answer" ? ", or stop the run" : "";
  return problem(
    code,
    pointer,
    message,
    `\`${runId}\` ${sayStanding(seen.view, seen.hasEngine)}: ${sayStep(first)}${stop}`,
    first,
  );
}

async function lookAt(place: Workplace, runId: string): Promise<SeenRun | null> {
  const seen = await withLog<SeenRun>(place, async (log) => {
    const found = await seeRun(place, log, runId);
    return found.ok ? found : fail([found.error]);
  });
  return seen.ok ? seen.value : null;
}
