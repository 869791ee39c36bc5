import type { FailureLimit, WavePlace } from "../plan.ts";

/** What counting the failures of a fleet asks of a step of a plan. */
interface FleetStep {
  readonly kind: string;
  readonly failures?: FailureLimit;
  readonly wave?: WavePlace;
}

/** The fleets whose failures a barrier counts; the failures of others are asked about by conditions, or by nobody. */
export function countedFleets(steps: readonly FleetStep[]): ReadonlySet<string> {
  return new Set(steps.flatMap(({ failures }) => failures?.of ?? []));
}

/** The fleet in which a step's failure counts, or `null`. */
export function fleetOf(step: FleetStep, counted: ReadonlySet<string>): string | null {
  return step.wave !== undefined && counted.has(step.wave.of) ? step.wave.of : null;
}

/** For each barrier that counts failures: whether more steps of its fleet stand before it than may fail. */
export function mayGiveUp(
  steps: readonly { readonly fleet: string | null; readonly failures: FailureLimit | null }[],
): readonly boolean[] {
  const before = new Map<string, number>();
  return steps.map(({ fleet, failures }) => {
    if (fleet !== null) before.set(fleet, (before.get(fleet) ?? 0) + 1);
    return failures !== null && (before.get(failures.of) ?? 0) > failures.max;
  });
}
