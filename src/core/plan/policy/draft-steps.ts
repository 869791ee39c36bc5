import { isRootName } from "../../guard/formula.ts";
import type { ProposedStep } from "../wire/proposal.ts";

/** A step that calls nothing and waits for nothing. */
export function emptyStep(id: string, kind: ProposedStep["kind"]): ProposedStep {
  return { id, action: "", purpose: "", kind, after: [], when: "", args: [], expect: [], onFailure: "escalate" };
}

const idCharsMax = 56;

/** An id that is free, and that a guard can name. If the wanted one is taken, it gets a number. */
export function freeId(takenIds: Set<string>, wanted: string): string {
  const plain = wanted.replaceAll(/[^A-Za-z0-9_]/g, "_").slice(0, idCharsMax);
  const base = /^[A-Za-z]/.test(plain) && isRootName(plain) ? plain : `s_${plain}`;
  let id = base;
  for (let count = 2; takenIds.has(id); count += 1) id = `${base}_${count}`;
  takenIds.add(id);
  return id;
}
