import { isCallStep } from "../../plan/kinds/index.ts";
import type { CallStep, Plan } from "../../plan/plan.ts";
import { quote } from "../../value/text.ts";
import { CourseFinder } from "../courses.ts";
import type { World } from "../world.ts";
import type { Risk } from "./risk.ts";

/** What a decision model says of one response after each answer of one probe. */
export interface ModelledResponse {
  /** The situation that says it. */
  readonly situation: string;
  readonly probe: { readonly action: string; readonly outcomes: readonly string[] };
  readonly response: {
    readonly id: string;
    readonly action: string;
    /** Canonical JSON texts, by the name of the argument. */
    readonly args: ReadonlyMap<string, string>;
  };
  /** Expected utility of the response after each outcome, in the outcomes' order; `null` where it cannot happen. */
  readonly utilityByOutcome: readonly (number | null)[];
}

/** Courses that are looked at for one write after one answer; where there are more, those with the fewest failures. */
const coursesMax = 64;

/**
 * Writes that are sent on the answer of a probe after which the decision model thinks least of them, while it thinks
 * more of them after an answer on which they are not sent.
 */
export function invertedEvidence(plan: Plan, world: World, models: readonly ModelledResponse[]): readonly Risk[] {
  const finder = new CourseFinder(world, { left: 0 });
  return models.flatMap((model) =>
    pairsOf(plan, world, model).flatMap((pair) => {
      const sent = model.probe.outcomes.filter((outcome) => isSentOn(finder, pair, outcome));
      const risk = judge(model, pair, new Set(sent));
      return risk === null ? [] : [risk];
    }),
  );
}

interface Pair {
  readonly probe: CallStep & { readonly at: number };
  readonly write: CallStep & { readonly at: number };
}

function pairsOf({ steps }: Plan, world: World, { probe, response }: ModelledResponse): readonly Pair[] {
  const calls = steps.flatMap((step, at) => (isCallStep(step) ? [{ ...step, at }] : []));
  const probes = calls.filter(({ kind, action }) => kind === "probe" && action === probe.action);
  const writes = calls.filter((call) => call.action === response.action && hasArguments(call, response.args));
  return probes.flatMap((asked) =>
    writes.flatMap((write) => (world.isBefore(asked.at, write.at) ? [{ probe: asked, write }] : [])),
  );
}

function hasArguments({ args }: CallStep, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([name, text]) =>
    args.some((arg) => arg.name === name && arg.value.kind === "literal" && JSON.stringify(arg.value.value) === text),
  );
}

function isSentOn(finder: CourseFinder, { probe, write }: Pair, outcome: string): boolean {
  const courses = finder.smoothestCourses([write.at], coursesMax, { at: probe.at, outcome });
  return courses.some(({ fates }) => fates.get(write.at) === "done");
}

function judge(model: ModelledResponse, { probe, write }: Pair, sent: ReadonlySet<string>): Risk | null {
  const { situation, response, utilityByOutcome } = model;
  const judged = model.probe.outcomes.flatMap((outcome, index) => {
    const utility = utilityByOutcome[index] ?? null;
    return utility === null ? [] : [{ outcome, utility }];
  });
  const worst = judged.reduce((least, next) => (next.utility < least.utility ? next : least), judged[0] ?? never);
  const better = judged.find(({ outcome, utility }) => !sent.has(outcome) && utility > worst.utility);
  if (!sent.has(worst.outcome) || better === undefined) return null;
  const answer = `${quote(write.id)} is sent when ${quote(probe.id)} answers ${quote(worst.outcome)}`;
  const against = `the answer that speaks most against ${quote(response.id)} in the situation ${quote(situation)}`;
  const text = `${answer}, ${against}`;
  return { code: "inverted_evidence", steps: [probe.id, write.id], text };
}

const never = { outcome: "", utility: 0 };
