/**
 * The part of `npm run bench:belief` about situations of very many beliefs: 20 contexts, 15 probes of two outcomes, ten
 * responses. It runs in a process of its own, so that the memory it reports is that of one decision.
 *
 *   node bench/belief-large.ts HORIZON solver|command
 */

import { parseCard } from "../src/core/belief/situation/parse-card.ts";
import { countGraphNodes } from "../src/core/belief/situation/situation-size.ts";
import { decideSituation } from "../src/core/belief/solve/solve-limited.ts";
import { createRng } from "../src/core/value/rng.ts";
import { decide } from "../src/flow/decide/decide.ts";

/** What one decision cost. */
export interface LargeDecision {
  readonly horizon: number;
  readonly beliefs: number;
  readonly cpuSeconds: number;
  readonly megabytes: number;
  readonly isExact: boolean;
  readonly value: number;
}

/** Sharp probes, each of which tells some contexts from the others; one response is right in two or three of them. */
function largeCard(horizon: number) {
  const rng = createRng(41);
  const ids = Array.from({ length: 20 }, (_, index) => `C${index}`);
  const shares = ids.map(() => 0.1 + rng.unit());
  const total = shares.reduce((sum, share) => sum + share, 0);
  const each = <T>(number: (index: number) => T): Record<string, T> =>
    Object.fromEntries(ids.map((id, index) => [id, number(index)]));
  return {
    id: "large",
    contexts: ids.map((id, index) => ({ id, prior: (shares[index] ?? 0) / total })),
    steps: Array.from({ length: 15 }, (_, index) => ({
      id: `s${index}`,
      kind: "probe",
      cost: 0.3 + rng.unit(),
      outcomes: ["o0", "o1"],
      likelihood: each(() => {
        const p = rng.below(2) === 0 ? 0.02 + 0.1 * rng.unit() : 0.9 + 0.08 * rng.unit();
        return [p, 1 - p];
      }),
    })),
    commits: Array.from({ length: 10 }, (_, index) =>
      index === 9
        ? { id: "page", kind: "escalate", utility: each(() => -20 - 8 * rng.unit()), catastrophe: 0 }
        : {
            id: `r${index}`,
            kind: "act",
            utility: each((c) => (c % 9 === index ? -5 * rng.unit() : -20 - 40 * rng.unit())),
            catastrophe: each((c) =>
              c % 9 === index ? 0.002 * rng.unit() : rng.below(2) === 0 ? 0 : 0.2 * rng.unit(),
            ),
          },
    ),
    catastropheUtility: -400,
    maxCatastropheProbability: 0.01,
    maxSteps: horizon,
  };
}

async function measure(horizon: number, part: string): Promise<LargeDecision> {
  const card = largeCard(horizon);
  const situation = parseCard(card);
  if (!situation.ok) throw new Error(JSON.stringify(situation.error));
  const before = process.cpuUsage();
  let isExact = false;
  let value = 0;
  if (part === "solver") {
    const decided = decideSituation(situation.value);
    if (!decided.ok || decided.value.kind !== "decided") throw new Error("the card is decided");
    isExact = decided.value.bound === null;
    value = decided.value.chosen.value;
  } else {
    const bytes = new TextEncoder().encode(JSON.stringify(card));
    const request = { mustBeCard: true, observations: [], judges: [], heard: [], isExplained: false, flipSolves: 0 };
    const decided = await decide({ ...request, situation: bytes, as: "text" });
    if (!decided.ok) throw new Error(JSON.stringify(decided.error));
    isExact = decided.value.document.bound === undefined;
    value = decided.value.document.value ?? 0;
  }
  const { user, system } = process.cpuUsage(before);
  return {
    horizon,
    beliefs: countGraphNodes(situation.value),
    cpuSeconds: (user + system) / 1e6,
    megabytes: process.resourceUsage().maxRSS / 1024,
    isExact,
    value,
  };
}

const [horizon = "8", part = "solver"] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await measure(Number(horizon), part))}\n`);
