import type { RngCursor } from "../../value/rng.ts";

/**
 * One row of probabilities drawn from a Dirichlet distribution: gamma variables, divided by their sum.
 *
 * @param concentrations - all greater than 0
 */
export function drawDirichlet(rng: RngCursor, concentrations: readonly number[]): readonly number[] {
  const draws = concentrations.map((shape) => drawGamma(rng, shape));
  const total = draws.reduce((sum, draw) => sum + draw, 0);
  // Only where every concentration is tiny may all draws be too small for a number.
  return total > 0 ? draws.map((draw) => draw / total) : concentrations.map(() => 1 / concentrations.length);
}

/** A gamma variable of scale 1 (Marsaglia and Tsang 2000); below a shape of 1 with their correction. */
function drawGamma(rng: RngCursor, shape: number): number {
  if (shape < 1) return drawGamma(rng, shape + 1) * positive(rng) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(rng);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(positive(rng)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A normal variable (Box and Muller 1958). */
function drawNormal(rng: RngCursor): number {
  return Math.sqrt(-2 * Math.log(positive(rng))) * Math.cos(2 * Math.PI * rng.unit());
}

function positive(rng: RngCursor): number {
  return 1 - rng.unit();
}
