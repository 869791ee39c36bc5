/** A broken invariant: a defect of ours, never of the input. The run stops; only the outermost loop catches it. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws `InvariantError` unless the condition holds; stays on in production. One condition each. */
export function invariant(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${claim}`);
}

/** Ends every `switch` over a tag: the compiler proves it is never reached. */
export function assertNever(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}
