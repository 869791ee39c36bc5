import type { Problem } from "../core/value/codes.ts";

/** Whether something stored is not as it was written, and not just out of reach or of another release. */
export function isDamage({ code }: Problem): boolean {
  return code === "E_LOG_CHAIN" || code === "E_STORE_CORRUPT";
}

/**
 * A stored row that is not as it was written; `problem` names it. Reads throw it, because no caller can go on without
 * the row.
 */
export class StoreDamage extends Error {
  override readonly name = "StoreDamage";
  readonly problem: Problem;

  constructor(found: Problem) {
    super(found.message);
    this.problem = found;
  }
}
