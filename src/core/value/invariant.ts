/**
 * A broken invariant: a defect of the program, never of its input. The run stops, and only the outermost loop catches
 * it.
 */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws `InvariantError` unless the condition holds, in production too. Each call checks one condition. */
export function invariant(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${claim}`);
}

/** Ends every `switch` over a tag. The compiler proves that it is never reached. */
export function assertNever(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}
