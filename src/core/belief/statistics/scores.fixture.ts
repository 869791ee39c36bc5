/**
 * The minimal standard generator of Park and Miller (1988): random enough for a test, and the same on every machine.
 */
export function drawUniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
