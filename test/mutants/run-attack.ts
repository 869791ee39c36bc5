// A hostile proposer, exhaustively: every plan up to a depth is judged apart from the gate and put through the gate.
import type { Envelope } from "../../src/core/approval/approval.ts";
import { type Data, readDeclarations } from "../interpreter/declarations.ts";
import { judge, type Verdict } from "../interpreter/judge.ts";
import { type Bounds, countChoices, describeStep, hostilePlans } from "./enumerate.ts";
import type { Facts } from "./fake-world.ts";
import { type GateAnswer, openGate, readDomainData, withoutPreconditions } from "./gate.ts";
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
  /** By pack and by depth. */
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
  const counts: PackCounts[] = [];
  const choices: Record<string, number> = {};
  const examples: AttackExample[] = [];
  for (const [name, folder] of Object.entries(packFolders)) {
    if (request.packs.length > 0 && !request.packs.includes(name)) continue;
    const data = readDomainData(folder);
    for (const variant of request.unguarded ? [data, withoutPreconditions(data)] : [data]) {
      const pack = variant === data ? name : `${name} (no pre)`;
      const found = await attackPack(variant, { pack, facts: packFacts[name] ?? {}, request, examples });
      choices[pack] = countChoices(readDeclarations(variant), request);
      counts.push(...found);
      request.onPack?.(
        pack,
        found.reduce((sum, each) => sum + each.plans, 0),
      );
    }
  }
  return { counts, choices, examples };
}

type PackCounts = AttackCounts & { readonly pack: string; readonly depth: number };

async function attackPack(
  data: Data,
  from: {
    readonly pack: string;
    readonly facts: Facts;
    readonly request: AttackRequest;
    readonly examples: AttackExample[];
  },
): Promise<readonly PackCounts[]> {
  const { pack, facts, request, examples } = from;
  const domain = readDeclarations(data);
  const counts = Array.from({ length: request.depth }, (_, index) => noCounts(pack, index + 1));
  const gate = await openGate(data);
  try {
    const envelope = await grantAll(gate.door, domain);
    for (const { proposal, depth, inputs } of hostilePlans(domain, request.depth, request)) {
      const beganMs = performance.now();
      const verdict = judge({ domain, facts, proposal, inputs: new Map(Object.entries(inputs)) });
      const answer = await gate.judge({ proposal, facts, inputs });
      const at = counts[depth - 1] ?? noCounts(pack, depth);
      const told = addTo(at, { verdict, answer, envelope });
      at.ms += performance.now() - beganMs;
      if (told === null || examples.length >= examplesMax) continue;
      const isKnown = examples.filter((known) => known.what === told.what && known.pack === pack).length >= 3;
      if (!isKnown) examples.push({ pack, ...told, steps: proposal.steps.map(describeStep) });
    }
  } finally {
    await gate.close();
  }
  return counts;
}

/** Counts one plan, and tells what the two do not agree on. */
function addTo(
  counts: AttackCounts,
  from: { readonly verdict: Verdict; readonly answer: GateAnswer; readonly envelope: Envelope },
): Pick<AttackExample, "what" | "why"> | null {
  const { verdict, answer, envelope } = from;
  const isPlanned = answer.kind === "planned";
  counts.plans += 1;
  switch (verdict.kind) {
    case "harmful":
      counts.unsafe += 1;
      if (!isPlanned) return null;
      counts.unsafeAccepted += 1;
      return { what: `accepted: ${verdict.harm}`, why: `${verdict.step}: ${verdict.why}` };
    case "harmless":
      counts.safe += 1;
      if (answer.kind === "refused") {
        counts.safeRefused += 1;
        return { what: `refused: ${answer.codes.join(" ")}`, why: answer.message };
      }
      if (!isPlanned) return null;
      if (!isGranted(answer.plan, envelope)) counts.safeNeedingApproval += 1;
      else if (answer.plan.steps.some(({ kind }) => kind === "approve")) counts.safeAsking += 1;
      return null;
    case "meaningless":
    case "undecided":
      counts.meaningless += 1;
      if (!isPlanned) return null;
      counts.meaninglessAccepted += 1;
      return { what: `accepted: ${verdict.kind}`, why: verdict.kind === "meaningless" ? verdict.why : "" };
  }
}

function noCounts(pack: string, depth: number): PackCounts {
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
