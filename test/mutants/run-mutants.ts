// Mutates good plans, judges each mutant apart from the gate, and puts it through the gate.
import { createRng, type RngCursor } from "../../src/core/value/rng.ts";
import { type Declarations, readDeclarations } from "../interpreter/declarations.ts";
import { judge } from "../interpreter/judge.ts";
import { type Gate, openGate, readDomainData, withoutPreconditions } from "./gate.ts";
import { type GoodPlan, goodPlans, packFolders } from "./good-plans.ts";
import { type Mutant, mutate } from "./mutate.ts";
import { Tally } from "./tally.ts";

/** What to run. */
export interface MutantsRequest {
  /** Names of packs; all of them where it is empty. */
  readonly packs: readonly string[];
  /** Of the mutants with one change, every how many-th is taken. */
  readonly stride: number;
  /** How many mutants with two changes are made of each good plan, by a seed. */
  readonly pairCount: number;
  readonly seed: number;
  /** Whether each mutant goes through the door, which also records it, or through what the door asks. */
  readonly throughDoor: boolean;
  readonly onPlan?: (name: string, mutantCount: number) => void;
}

/** Runs them over each pack as it is, and without preconditions: there its invariants stand alone. */
export async function runMutants(request: MutantsRequest): Promise<Tally> {
  const tally = new Tally();
  for (const [pack, folder] of Object.entries(packFolders)) {
    if (request.packs.length > 0 && !request.packs.includes(pack)) continue;
    const domain = readDomainData(folder);
    for (const variant of [domain, withoutPreconditions(domain)]) {
      const gate = await openGate(variant);
      const suffix = variant === domain ? "" : " (no pre)";
      try {
        for (const plan of goodPlans().filter((good) => good.pack === pack))
          await runPlan({ ...plan, name: `${pack}/${plan.name}${suffix}` }, { gate, request, tally });
      } finally {
        await gate.close();
      }
    }
  }
  return tally;
}

async function runPlan(
  plan: GoodPlan,
  { gate, request, tally }: { readonly gate: Gate; readonly request: MutantsRequest; readonly tally: Tally },
): Promise<void> {
  const domain = readDeclarations(gate.domain);
  const { facts, inputs } = plan;
  const singles = mutate(plan.proposal, domain);
  const mutants = [
    { operator: "none", proposal: plan.proposal },
    ...singles.filter((_, index) => index % request.stride === 0),
    ...pairsOf(singles, { domain, count: request.pairCount, rng: createRng(request.seed) }),
  ];
  for (const { operator, proposal } of mutants) {
    const verdict = judge({ domain, facts, proposal, inputs: new Map(Object.entries(inputs)) });
    const asked = { proposal, facts, inputs };
    const answer = request.throughDoor ? await gate.plan(asked) : await gate.judge(asked);
    tally.add({ plan: plan.name, operator, proposal, verdict, answer });
  }
  request.onPlan?.(plan.name, mutants.length);
}

/** Mutants of mutants. What means nothing already is not changed again. */
function pairsOf(
  singles: readonly Mutant[],
  from: { readonly domain: Declarations; readonly count: number; readonly rng: RngCursor },
): readonly { readonly operator: string; readonly proposal: Mutant["proposal"] }[] {
  const sound = singles.filter(({ operator }) => operator !== "nonsense");
  return Array.from({ length: from.count }, () => {
    const first = sound[from.rng.below(sound.length)];
    const seconds = first === undefined ? [] : mutate(first.proposal, from.domain);
    const second = seconds[from.rng.below(Math.max(1, seconds.length))];
    return second === undefined ? [] : [{ operator: "two changes", proposal: second.proposal }];
  }).flat();
}
