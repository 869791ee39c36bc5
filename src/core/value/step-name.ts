/** What the name of a step is made of. `null`: the step has none, or nobody says. */
export interface NamedStep {
  readonly id: string;
  readonly action: string | null;
  readonly target: string | null;
}

/**
 * A step as people are told of it: what it does, to what, and the id that commands take. `config.set on config/c11
 * (raise_3)`.
 */
export function nameStep({ id, action, target }: NamedStep): string {
  if (action === null || action === "") return target === null ? id : `${target} (${id})`;
  return target === null ? `${action} (${id})` : `${action} on ${target} (${id})`;
}

/** Whether an id is that of an action that runs after an undo. No step of a plan has a point in its id. */
export function isThenStep(stepId: string): boolean {
  return stepId.includes(".");
}

/** How many names a sentence has room for. */
const namesMax = 10;

/** Names in a row, each once; those for which there is no room are counted. */
export function nameSome(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const rest = unique.length - namesMax;
  return `${unique.slice(0, namesMax).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Why the rest of a fleet is not sent: `abortAbove 1: 2 failed`; `null` while no more failed than may. */
export function describeAbort(from: { readonly abortAbove: number; readonly failedCount: number }): string | null {
  const { abortAbove, failedCount } = from;
  return failedCount > abortAbove ? `abortAbove ${abortAbove}: ${failedCount} failed` : null;
}
