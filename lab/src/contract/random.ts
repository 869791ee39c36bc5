/** A seeded stream of uniform numbers in [0, 1). */
export type Random = () => number;

function hashText(text: string): number {
  let hash = 0x811c9dc5; // FNV-1a, 32 bits
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/**
 * A seeded generator (mulberry32), independent for each `stream`, so that drawing more in one place changes nothing
 * in another.
 *
 * @param seed - any integer
 * @param stream - what the numbers are for, such as `arrivals`
 */
export function createRandom(seed: number, stream: string): Random {
  let state = (Math.imul(seed | 0, 0x9e3779b1) ^ hashText(stream)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One draw of an exponential distribution with mean `mean`. */
export function drawExponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}
