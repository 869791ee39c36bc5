/**
 * The way of the data, one arrow a line: read this first.
 *
 *     intent ─► proposals ─► decision ─► plan ─► approval ─► run ─► log
 *
 * Each arrow takes readonly data and gives readonly data. `respond` is the one caller that walks them all; `plan`, `approve` and
 * `apply` are separate commands, possibly hours apart.
 */

/** A situation and what was seen → a decision within the limit, exactly. */
export { decideAfter } from "./core/belief/explain/after.ts";
/** A decided policy → a proposal like any other, for the same gate. */
export { policyToProposal } from "./core/plan/policy/from-policy.ts";
/** Bytes of anyone → a proposal, or every problem of the strict intake. */
export { parseProposal } from "./core/plan/wire/parse-proposal.ts";
/** An input → events: the kernel. Everything that happens in a run passes here. */
export { decide } from "./core/run/decide/decide.ts";
/** An approved plan → the one input that leads to RUNNING. */
export { prepareStart } from "./flow/apply/apply-plan.ts";

/** A plan → a person's signature over its hash; and back: what entitles a plan to run. */
export { approvePlan, findAuthorization } from "./flow/approve/approve-plan.ts";
/** A proposal and the world as it is now → a frozen, hashed plan. */
export { planParsed, planProposal } from "./flow/plan/plan-proposal.ts";
/** An intent → a proposal of whoever was asked, and through the gate: a model, a workflow, a recording. */
export { proposeChange } from "./flow/propose/propose.ts";
/** An alert → all of the above, in order. */
export { respond } from "./flow/respond/respond.ts";
/** A log → whether it is what was written. */
export { verifyLog } from "./log/verify-log.ts";
