// What the contracts of the ports are written in. They need no test runner of a kind, so that a third party's tests can
// run them.
import { AssertionError } from "node:assert/strict";

/**
 * One thing that a contract demands. `check` rejects where it is not so; a test runner calls it as `it(claim, check)`.
 */
export interface Claim {
  readonly claim: string;
  check(): Promise<void>;
}

/** Waits for what has to come soon, and fails if it does not. */
export async function soon<T>(awaited: Promise<T>, withinMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AssertionError({ message: `it has taken more than ${withinMs} ms` })),
      withinMs,
    );
  });
  return Promise.race([awaited, late]).finally(() => clearTimeout(timer));
}
