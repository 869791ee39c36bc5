import { type MergedEdge, type MergedNode, mergePolicy } from "../../belief/explain/merge.ts";
import type { Policy } from "../../belief/policy.ts";
import type { Binding, Situation, SituationResponse, SituationStep } from "../../belief/situation/situation.ts";
import { responseOf, stepOf } from "../../belief/solve/evaluate-policy.ts";
import type { Action, Domain } from "../../domain/domain.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { assertNever, invariant } from "../../value/invariant.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { quote } from "../../value/text.ts";
import type { Proposal, ProposedStep } from "../wire/proposal.ts";
import { emptyStep, freeId } from "./draft-steps.ts";
import { askedBy, findUnfitOutcomes } from "./fit-situation.ts";

/** A decided policy in the wire form, ready for the ordinary compiler, and which step answers for which node. */
export interface PolicyProposal {
  readonly proposal: Proposal;
  /**
   * For each merged node (`mergePolicy`) the proposed step whose outcome the policy branches on; `null` for a response.
   */
  readonly askedBy: readonly (string | null)[];
}

/**
 * Writes a policy as a proposal: a merged graph in which a node with several ways in waits for all of them and asks
 * which one it was (`s3 == 'contention' || s6 == 'contention'`). No number of the belief goes along: the policy has
 * turned them into outcomes.
 *
 * A probe is one step. A `wait` is a wait and, if it looks afterwards, a probe. A `try` is an act and a probe whose
 * `fixed` leads to the end. For answers that the policy does not foresee (`none_of_these`, `no_answer`) the compiler
 * adds an `escalate`.
 *
 * @param domain - names the actions; each probe's declared outcomes must be the situation's
 * @returns the proposal, or every step and response that nothing can carry out, each with its place in the situation
 */
export function policyToProposal(
  situation: Situation,
  policy: Policy,
  domain: Domain,
): Result<PolicyProposal, readonly Problem[]> {
  const { nodes } = mergePolicy(policy);
  const drafting: Drafting = { situation, domain, problems: [], takenIds: new Set() };
  const drafts = nodes.map((node) => draftNode(drafting, node));
  // One place may be wrong for several nodes; it is reported once.
  const problems = drafting.problems.filter(
    (one, index, all) =>
      all.findIndex((other) => other.pointer === one.pointer && other.message === one.message) === index,
  );
  if (problems.length > 0) return fail(problems);
  drafts.forEach((draft, index) => connect(draft, incomingOf(nodes, drafts, index)));
  const end = endStep(drafting, drafts);
  const steps = [...drafts.flatMap((draft) => draft.steps), ...(end === null ? [] : [end])].map(({ step }) => step);
  const proposal: Proposal = {
    format: "interlock.proposal/1",
    goal: "",
    decline: "",
    assumptions: [],
    steps,
    summary: `decided for the situation ${quote(situation.id)}`,
  };
  return ok({ proposal, askedBy: drafts.map((draft) => draft.askedBy) });
}

interface Drafting {
  readonly situation: Situation;
  readonly domain: Domain;
  readonly problems: Problem[];
  readonly takenIds: Set<string>;
}

/** One merged node as steps; other nodes lead to the first. */
interface NodeDraft {
  readonly steps: { step: ProposedStep }[];
  readonly askedBy: string | null;
  /** The outcome of a step of this node with which the run ends well; `null` if there is none. */
  readonly endsWhen: { readonly stepId: string; readonly outcome: string } | null;
}

function draftNode(drafting: Drafting, node: MergedNode): NodeDraft {
  const { situation } = drafting;
  return node.kind === "commit"
    ? draftResponse(drafting, responseOf(situation, node.response))
    : draftStep(drafting, stepOf(situation, node.step));
}

function draftResponse(drafting: Drafting, response: SituationResponse): NodeDraft {
  const pointer = `/responses/${drafting.situation.responses.indexOf(response)}`;
  const id = freeId(drafting.takenIds, response.id);
  switch (response.kind) {
    case "escalate": {
      const reason = { name: "reason", from: "literal", value: JSON.stringify(response.text || response.id) } as const;
      return { steps: [{ step: { ...emptyStep(id, "escalate"), args: [reason] } }], askedBy: null, endsWhen: null };
    }
    case "act":
      return {
        steps: [{ step: responseStep(drafting, response, { id, pointer }) }],
        askedBy: null,
        endsWhen: { stepId: id, outcome: "done" },
      };
    default:
      return assertNever(response.kind);
  }
}

/**
 * The act of a response. Where the situation says what a failed read-back means, the run stops there: what was written
 * stays until it has been decided what follows, and undoing is one of the choices.
 */
function responseStep(
  drafting: Drafting,
  { binding, restoresByContext }: SituationResponse,
  { id, pointer }: { readonly id: string; readonly pointer: string },
): ProposedStep {
  const step = callStep(drafting, { id, kind: "act", binding, pointer });
  return restoresByContext === undefined ? step : { ...step, onFailure: "escalate" };
}

function draftStep(drafting: Drafting, step: SituationStep): NodeDraft {
  const pointer = `/steps/${drafting.situation.steps.indexOf(step)}`;
  const id = freeId(drafting.takenIds, step.id);
  switch (step.kind) {
    case "probe": {
      checkOutcomes(drafting, step, pointer);
      return {
        steps: [{ step: callStep(drafting, { id, kind: "probe", binding: step.binding, pointer }) }],
        askedBy: id,
        endsWhen: null,
      };
    }
    case "wait":
      return draftWait(drafting, step, { id, pointer });
    case "try": {
      const checkId = freeId(drafting.takenIds, `${step.id}_check`);
      checkOutcomes(drafting, step, pointer);
      const act = callStep(drafting, { id, kind: "act", binding: step.binding, pointer });
      const check = {
        ...callStep(drafting, { id: checkId, kind: "probe", binding: step.check, pointer: `${pointer}/check` }),
        after: [id],
      };
      return {
        steps: [{ step: act }, { step: check }],
        askedBy: checkId,
        endsWhen: { stepId: checkId, outcome: "fixed" },
      };
    }
    default:
      return assertNever(step);
  }
}

function draftWait(
  drafting: Drafting,
  step: Extract<SituationStep, { kind: "wait" }>,
  { id, pointer }: { readonly id: string; readonly pointer: string },
): NodeDraft {
  if (step.forMs === null)
    drafting.problems.push(
      problem("E_SITUATION_UNBOUND", `${pointer}/for`, `${quote(step.id)} does not say how long to wait`, "add `for`"),
    );
  const forMs = { name: "forMs", from: "literal", value: JSON.stringify(step.forMs ?? 0) } as const;
  const wait = { ...emptyStep(id, "wait"), args: [forMs] };
  if (step.binding === null && step.outcomes.length === 1)
    return { steps: [{ step: wait }], askedBy: id, endsWhen: null };
  const lookId = freeId(drafting.takenIds, `${step.id}_look`);
  checkOutcomes(drafting, step, pointer);
  const look = { ...callStep(drafting, { id: lookId, kind: "probe", binding: step.binding, pointer }), after: [id] };
  return { steps: [{ step: wait }, { step: look }], askedBy: lookId, endsWhen: null };
}

interface CallDraft {
  readonly id: string;
  readonly kind: "act" | "probe";
  readonly binding: Binding | null;
  readonly pointer: string;
}

function callStep(drafting: Drafting, { id, kind, binding, pointer }: CallDraft): ProposedStep {
  if (binding === null) {
    drafting.problems.push(
      problem(
        "E_SITUATION_UNBOUND",
        `${pointer}/action`,
        `nothing carries out ${quote(id)}`,
        "bind it with `action` and `args`, or decide without executing",
      ),
    );
    return emptyStep(id, kind);
  }
  const action = actionOf(drafting, binding);
  return {
    ...emptyStep(id, kind),
    action: binding.action,
    args: binding.args,
    onFailure: action === undefined ? "escalate" : cautiousFailure(action),
  };
}

/** The action, if the domain has it. The compiler looks it up again and reports a name that is missing. */
function actionOf({ domain }: Drafting, binding: Binding): Action | undefined {
  return domain.actions.find((candidate) => candidate.name === binding.action);
}

/** A decided plan branches only on what it asked. A failure is undone or handed to a person, as the action declares. */
function cautiousFailure(action: Action): ProposedStep["onFailure"] {
  return action.onFailure === "branch" ? "rollback" : action.onFailure;
}

/** Notes what a step asks and its action does not answer. */
function checkOutcomes(drafting: Drafting, step: SituationStep, pointer: string): void {
  const asked = askedBy(step, pointer);
  const action = asked === null || asked.binding === null ? undefined : actionOf(drafting, asked.binding);
  if (asked !== null && action !== undefined) drafting.problems.push(...findUnfitOutcomes(asked, action));
}

interface Incoming {
  readonly stepId: string;
  readonly outcomes: readonly string[];
}

/** Which steps lead to a node, and by which of their outcomes. */
function incomingOf(nodes: readonly MergedNode[], drafts: readonly NodeDraft[], target: number): readonly Incoming[] {
  return nodes.flatMap((node, index): readonly Incoming[] => {
    const outcomes =
      node.kind === "do" ? node.on.filter((edge: MergedEdge) => edge.to === target).map((edge) => edge.outcome) : [];
    const stepId = drafts[index]?.askedBy ?? null;
    return outcomes.length === 0 || stepId === null ? [] : [{ stepId, outcomes }];
  });
}

function connect(draft: NodeDraft, incoming: readonly Incoming[]): void {
  const [first] = draft.steps;
  invariant(first !== undefined, "a node has at least one step");
  first.step = {
    ...first.step,
    after: incoming.map(({ stepId }) => stepId),
    when: incoming.map(conditionOf).join(" || "),
  };
}

function conditionOf({ stepId, outcomes }: Incoming): string {
  const [only] = outcomes;
  if (outcomes.length === 1 && only !== undefined) return `${stepId} == '${only}'`;
  return `${stepId} in [${outcomes.map((outcome) => `'${outcome}'`).join(", ")}]`;
}

/** The one good ending: after a response that was done, or a `try` that fixed the trouble. */
function endStep(drafting: Drafting, drafts: readonly NodeDraft[]): { step: ProposedStep } | null {
  const ends = drafts.flatMap((draft) => draft.endsWhen ?? []);
  if (ends.length === 0) return null;
  const when = ends.map(({ stepId, outcome }) => `${stepId} == '${outcome}'`).join(" || ");
  return {
    step: { ...emptyStep(freeId(drafting.takenIds, "end"), "end"), after: ends.map(({ stepId }) => stepId), when },
  };
}
