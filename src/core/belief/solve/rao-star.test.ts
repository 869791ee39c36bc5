import { describe, expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import { bestWithinLimit } from "./best-within-limit.ts";
import { unfold } from "./moving-states.fixture.ts";
import { grid, network } from "./rao-star-models.fixture.ts";
import { combinationCountMaxByDefault } from "./search-fronts.ts";

/*
 * Constrained optima of two public benchmarks whose hidden state moves. Only the limit on the whole policy applies. A
 * full enumeration of the Pareto front computed them; RAO*, the planner that brings these models, finds nine of the
 * first twelve rows and misses three.
 */
const optima = [
  ["network", 3, 0.2, "255.58", "0.0231506"],
  ["network", 3, 0.02, "260.006", "0.01599"],
  ["network", 3, 0.015, "263.4", "0.005"],
  ["network", 3, 0.01, "263.4", "0.005"],
  ["network", 3, 0, "304.0", "0"],
  ["network", 4, 0.2, "319.325", "0.0754740"],
  ["network", 4, 0.03, "336.2118", "0.0299736"],
  ["network", 4, 0.01, "344.22594", "0.0099035"],
  ["grid", 3, 0.1, "3.996", "0"],
  ["grid", 4, 0.1, "4.4024", "0.0512"],
  ["grid", 4, 0.05, "4.4114993", "0.0499616"],
  ["grid", 4, 0.03, "4.54928", "0.01312"],
  ["grid", 4, 0.01, "4.56224", "0.00976"],
  ["grid", 4, 0, "4.83", "0"],
] as const;

const decimalsOf = (text: string): number => text.split(".")[1]?.length ?? 0;

const graphs = {
  "network 3": unfold(network, 3),
  "network 4": unfold(network, 4),
  "grid 3": unfold(grid, 3),
  "grid 4": unfold(grid, 4),
};

describe("constrained optima of the public RAO* models", () => {
  it.each(optima)(
    "%s, horizon %i, limit %d: cost %s at a risk of %s, in less than 100 ms",
    (name, horizon, limit, cost, risk) => {
      const graph = graphs[`${name} ${horizon}`];

      const runs = [1, 2, 3].map(() => {
        const before = process.cpuUsage();
        const best = bestWithinLimit(graph, limit, combinationCountMaxByDefault);
        const { user, system } = process.cpuUsage(before);
        return { best, cpuMs: (user + system) / 1000 };
      });

      const best = runs[0]?.best;
      invariant(best !== null && best !== undefined, "a policy keeps the limit");
      expect(best.isExact).toBe(true);
      expect((-best.value).toFixed(decimalsOf(cost))).toBe(cost);
      expect(best.ownRisk.toFixed(decimalsOf(risk))).toBe(risk);
      expect(best.ownRisk).toBeLessThanOrEqual(limit * (1 + 1e-11));
      // The least of three, because the machine may be busy with something else.
      expect(Math.min(...runs.map(({ cpuMs }) => cpuMs))).toBeLessThan(100);
    },
  );
});
