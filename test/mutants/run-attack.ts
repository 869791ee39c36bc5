// A hostile proposer, exhaustively: every plan up to a depth is judged apart from the gate and put through the gate.
import { readDeclarations } from "../interpreter/declarations.ts";
import { judge } from "../interpreter/judge.ts";
import { type Bounds, countChoices, describeStep, hostilePlans } from "./enumerate.ts";
import { openGate, readDomainData, withoutPreconditions } from "./gate.ts";
import { packFacts, packFolders } from "./good-plans.ts";
import { grantAll, isGranted } from "./grant-all.ts";

/** What came of all plans of one depth. */
export interface AttackCounts {
  plans: number;
  safe: number;
  unsafe: number;
  meaningless: number;
  /** Harmful by the interpreter, and compiled by the gate. */
  unsafeAccepted: number;
  meaninglessAccepted: number;
  safeRefused: number;
  /** Safe and compiled, and not covered by a grant for everything that the domain can do. */
  safeNeedingApproval: number;
  /** Safe, compiled and covered, and asking a person while it runs, because the plan itself says so. */
  safeAsking: number;
  ms: number;
}

/** A plan that the two judge differently. */
export interface AttackExample {
  readonly pack: string;
  readonly what: string;
  readonly why: string;
  readonly steps: readonly string[];
}

/** What an attack came to. */
export interface Attack {
  readonly counts: readonly (AttackCounts & { readonly pack: string; readonly depth: number })[];
  readonly choices: Readonly<Record<string, number>>;
  readonly examples: readonly AttackExample[];
}

/** What to attack. */
export interface AttackRequest extends Bounds {
  readonly packs: readonly string[];
  readonly depth: number;
  /** Attacks each pack without the preconditions of its actions too. */
  readonly unguarded: boolean;
  readonly onPack?: (pack: string, planCount: number) => void;
}

const examplesMax = 20;

/** Attacks packs, each in its ordinary world. */
export async function runAttack(request: AttackRequest): Promise<Attack> {
  const counts: (AttackCounts & { pack: string; depth: number })[] = [];
  const choices: Record<string, number> = {};
  const examples: AttackExample[] = [];
  for (const [name, folder] of Object.entries(packFolders)) {
    if (request.packs.length > 0 && !request.packs.includes(name)) continue;
    const data = readDomainData(folder);
    for (const variant of request.unguarded ? [data, withoutPreconditions(data)] : [data]) {
      const pack = variant === data ? name : `${name} (no pre)`;
      const gate = await openGate(variant);
      const domain = readDeclarations(variant);
      const facts = packFacts[name] ?? {};
      choices[pack] = countChoices(domain, request);
      try {
        const envelope = await grantAll(gate.door, domain);
        for (const { proposal, depth, inputs } of hostilePlans(domain, request.depth, request)) {
          const beganMs = performance.now();
          const at = counts.find((known) => known.pack === pack && known.depth === depth) ?? noCounts(pack, depth);
          if (at.plans === 0) counts.push(at);
          const verdict = judge({ domain, facts, proposal, inputs: new Map(Object.entries(inputs)) });
          const answer = await gate.judge({ proposal, facts, inputs });
          at.plans += 1;
          const tell = (what: string, why: string): void => {
            const isKnown = examples.filter((known) => known.what === what && known.pack === pack).length >= 3;
            if (!isKnown && examples.length < examplesMax)
              examples.push({ pack, what, why, steps: proposal.steps.map(describeStep) });
          };
          if (verdict.kind === "harmful") {
            at.unsafe += 1;
            if (answer.kind === "planned") {
              at.unsafeAccepted += 1;
              tell(`accepted: ${verdict.harm}`, `${verdict.step}: ${verdict.why}`);
            }
          } else if (verdict.kind === "harmless") {
            at.safe += 1;
            if (answer.kind === "refused") {
              at.safeRefused += 1;
              tell(`refused: ${answer.codes.join(" ")}`, answer.message);
            } else if (answer.kind === "planned") {
              if (!isGranted(answer.plan, envelope)) at.safeNeedingApproval += 1;
              else if (answer.plan.steps.some(({ kind }) => kind === "approve")) at.safeAsking += 1;
            }
          } else {
            at.meaningless += 1;
            if (answer.kind === "planned") {
              at.meaninglessAccepted += 1;
              tell("accepted: meaningless", verdict.kind === "meaningless" ? verdict.why : verdict.kind);
            }
          }
          at.ms += performance.now() - beganMs;
        }
      } finally {
        await gate.close();
      }
      request.onPack?.(
        pack,
        counts.filter((each) => each.pack === pack).reduce((sum, each) => sum + each.plans, 0),
      );
    }
  }
  return { counts, choices, examples };
}

function noCounts(pack: string, depth: number): AttackCounts & { pack: string; depth: number } {
  return {
    pack,
    depth,
    plans: 0,
    safe: 0,
    unsafe: 0,
    meaningless: 0,
    unsafeAccepted: 0,
    meaninglessAccepted: 0,
    safeRefused: 0,
    safeNeedingApproval: 0,
    safeAsking: 0,
    ms: 0,
  };
}
