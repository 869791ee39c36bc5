import type { Problem } from "../core/value/codes.ts";

/**
 * A stored row that is not as it was written; `problem` names it. Thrown by reads, since no caller can go on without
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
