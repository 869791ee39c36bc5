import { quote } from "../value/text.ts";
import type { Observation } from "./policy.ts";
import { reservedOutcomes, type Situation } from "./situation/situation.ts";

/** An answer of a probe, with the time from which its age counts. */
export interface TimedAnswer extends Observation {
  readonly atMs: number;
}

/**
 * Answers that are older than their probes let them stand. Without `freshFor` an answer stands for the whole incident.
 */
export function findStale<T extends TimedAnswer>(
  { steps }: Situation,
  answers: readonly T[],
  nowMs: number,
): readonly T[] {
  return answers.filter(({ step: id, atMs }) => {
    const step = steps.find((one) => one.id === id);
    return step?.kind === "probe" && step.freshForMs !== null && nowMs - atMs > step.freshForMs;
  });
}

/**
 * What counts once a person has said what a probe would answer. Their word replaces an answer that is out of date or of
 * no use, and stands beside others as long as the probe may be asked again.
 *
 * @returns `null` if the probe has answered otherwise, and may not be asked again
 */
export function withTold<T extends TimedAnswer>(
  situation: Situation,
  answers: readonly T[],
  told: T,
): readonly T[] | null {
  const step = situation.steps.find(({ id }) => id === told.step);
  const isOfUse = (one: T): boolean => !reservedOutcomes.some((outcome) => outcome === one.outcome);
  const stale = findStale(situation, answers, told.atMs);
  const kept = answers.filter((one) => one.step !== told.step || (isOfUse(one) && !stale.includes(one)));
  const standing = kept.filter(({ step: id }) => id === told.step);
  if (standing.some(({ outcome }) => outcome === told.outcome)) return kept;
  return standing.length < (step?.maxUses ?? 0) ? [...kept, told] : null;
}

/** A probe whose answers are others than before. `null`: it had not answered, or no longer counts. */
export interface ChangedAnswer {
  readonly step: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Which answers changed between two bodies of evidence, by the names of their probes. */
export function changedAnswers(
  before: readonly Observation[],
  after: readonly Observation[],
): readonly ChangedAnswer[] {
  const steps = [...new Set([...before, ...after].map(({ step }) => step))].sort();
  const said = (answers: readonly Observation[], step: string): string | null => {
    const outcomes = answers.filter((one) => one.step === step).map(({ outcome }) => outcome);
    return outcomes.length === 0 ? null : outcomes.sort().join(", ");
  };
  return steps
    .map((step) => ({ step, from: said(before, step), to: said(after, step) }))
    .filter(({ from, to }) => from !== to);
}

/** The changes as a clause: "`locks` answers `contention` now, and answered `clean` before". */
export function describeChanges(changes: readonly ChangedAnswer[]): string {
  const clauses = changes.map(({ step, from, to }) => {
    const now = to === null ? "no longer counts" : `answers ${quote(to)} now`;
    return `${quote(step)} ${now}, and ${from === null ? "had not been asked" : `answered ${quote(from)}`} before`;
  });
  return clauses.length === 0 ? "no answer is another one" : clauses.join("; ");
}
