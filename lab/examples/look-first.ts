/**
 * The smallest policy of your own: look at locks, then at the breaker, and hand over what neither explains.
 *
 *     npm run lab -- episode --policy lab/examples/look-first.ts --fault DB --tier twin
 */
import { stepwisePolicy } from "../src/policies/index.ts";

/** `--policy` looks for this export in a module. */
export const policy = stepwisePolicy({
  name: "look-first",
  summary: "locks, then the breaker; else a person",
  nextMove: ({ observations }) => {
    const [locks, breaker] = observations;
    if (locks === undefined) return { kind: "probe", probe: "locks" };
    if (locks.outcome === "contention") return { kind: "respond", response: "terminate_report" };
    if (breaker === undefined) return { kind: "probe", probe: "breaker" };
    return { kind: "respond", response: breaker.outcome === "changed" ? "restore_breaker" : "escalate" };
  },
});
