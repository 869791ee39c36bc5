import { type Problem, problem } from "../core/value/codes.ts";

/**
 * A port gave something that cannot be used, where there is no room for a problem as an answer. The outermost loop of
 * a call turns it into its problem.
 */
export class PortError extends Error {
  override readonly name = "PortError";
  readonly problem: Problem;

  /** @param message - names the port, and quotes nothing of what it threw */
  constructor(message: string) {
    super(message);
    this.problem = problem("E_PORT_ANSWER", "", message);
  }
}
