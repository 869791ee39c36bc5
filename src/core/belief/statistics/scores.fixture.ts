/** Park and Miller's minimal standard generator (1988): enough chance for a test, the same on every machine. */
export function drawUniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
