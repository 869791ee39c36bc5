import { keepsLimit } from "../tolerance.ts";
import type { Backup, BackupKeeper } from "./backup.ts";
import type { DecisionGraph } from "./decision-graph.ts";

/** The most backward passes spent on the price. Each finds a corner of the hull, and real problems need about ten. */
const passCountMax = 64;

/** The best price on risk, and what it proves. */
export interface RiskPrice {
  /** Utility per unit of catastrophe probability: the Lagrange multiplier of the limit. */
  readonly price: number;
  /** No policy within the limit is worth more, randomised policies included. */
  readonly upperBound: number;
  /** The best policy found on the way that keeps the limit: a corner of the upper hull of (risk, value). */
  readonly feasible: Backup;
  /** The pass at `price`. Its scores bound what each node can contribute. */
  readonly atPrice: Backup;
}

/**
 * Finds the price that makes the Lagrangian bound tightest, by walking the corners of the concave hull of (risk, value)
 * (Everett 1963). The bound alone never decides, because the best deterministic policy may lie below the hull.
 *
 * @param ends.unlimited - the pass without a price, whose risk exceeds the limit
 * @param ends.minimumRisk - the pass for least risk, whose risk keeps the limit
 *
 * Cost: one backward pass for each corner visited.
 */
export function findRiskPrice(
  graph: DecisionGraph,
  limit: number,
  ends: { readonly unlimited: Backup; readonly minimumRisk: Backup },
  keeper: BackupKeeper,
): RiskPrice {
  let above = ends.unlimited;
  let feasible = ends.minimumRisk;
  for (let count = 0; ; count += 1) {
    const price = Math.max(0, (valueOf(above) - valueOf(feasible)) / (riskOf(above) - riskOf(feasible)));
    const atPrice = keeper.pass(graph, { kind: "priced", riskPrice: price });
    const score = valueOf(atPrice) - price * riskOf(atPrice);
    const line = Math.max(valueOf(feasible) - price * riskOf(feasible), valueOf(above) - price * riskOf(above));
    const slop = 1e-12 * (graph.canonical.valueScale + price);
    if (score <= line + slop || count === passCountMax) {
      return { price, upperBound: Math.max(score, line) + price * limit, feasible, atPrice };
    }
    if (keepsLimit({ risk: riskOf(atPrice), limit })) feasible = atPrice;
    else above = atPrice;
  }
}

/**
 * The price among those tried before that makes the Lagrangian bound tightest. Every price proves a bound, so this one
 * need not be the best; a search below it is only wider.
 *
 * @param feasible - the pass for least risk, whose risk keeps the limit
 *
 * Cost: a copy of a backward pass for each price.
 */
export function knownRiskPrice(
  graph: DecisionGraph,
  limit: number,
  feasible: Backup,
  keeper: BackupKeeper,
): RiskPrice | null {
  let best: RiskPrice | null = null;
  let corner = feasible;
  for (const price of keeper.prices()) {
    const atPrice = keeper.pass(graph, { kind: "priced", riskPrice: price });
    const upperBound = valueOf(atPrice) - price * riskOf(atPrice) + price * limit;
    if (keepsLimit({ risk: riskOf(atPrice), limit }) && valueOf(atPrice) > valueOf(corner)) corner = atPrice;
    if (best === null || upperBound < best.upperBound) best = { price, upperBound, feasible, atPrice };
  }
  return best === null ? null : { ...best, upperBound: Math.max(best.upperBound, valueOf(corner)), feasible: corner };
}

function valueOf(backup: Backup): number {
  return backup.value[0] ?? 0;
}

function riskOf(backup: Backup): number {
  return backup.risk[0] ?? 0;
}
