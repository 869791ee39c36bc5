// Changes good plans, one thing at a time: their order, targets, arguments, steps, guards, branches and what happens on
// a failure. What comes out may be harmful, harmless, or no plan at all.
import type { Action, Declarations } from "../interpreter/declarations.ts";
import { callOf, type ProposalData, type StepData } from "./good-plans.ts";
import { valuesOf } from "./values.ts";

/** What is changed. */
export type Operator =
  | "order"
  | "target"
  | "argument"
  | "missing"
  | "extra"
  | "guard"
  | "branch"
  | "failure"
  | "nonsense";

/** A changed proposal. */
export interface Mutant {
  readonly operator: Operator;
  readonly proposal: ProposalData;
}

/** Every mutant that differs from a proposal in one thing. */
export function mutate(proposal: ProposalData, domain: Declarations): readonly Mutant[] {
  const { steps } = proposal;
  const all = [
    ...steps.flatMap((_, at) => [
      ...reorder(proposal, at),
      ...readdress(proposal, at, domain),
      ...leaveOut(proposal, at),
      ...branch(proposal, at, domain),
      ...failOtherwise(proposal, at),
      ...expectMore(proposal, at, domain),
      ...spoil(proposal, at),
    ]),
    ...insert(proposal, domain),
    ...aimElsewhere(proposal, domain),
  ];
  const own = JSON.stringify(proposal);
  const byText = new Map(all.map((mutant) => [JSON.stringify(mutant.proposal), mutant]));
  byText.delete(own);
  return [...byText.values()];
}

function withStep(proposal: ProposalData, at: number, change: Partial<StepData>): ProposalData {
  return { ...proposal, steps: proposal.steps.map((step, index) => (index === at ? { ...step, ...change } : step)) };
}

function reorder(proposal: ProposalData, at: number): readonly Mutant[] {
  const step = proposal.steps[at];
  if (step === undefined) return [];
  const to = (changed: ProposalData): Mutant => ({ operator: "order", proposal: changed });
  const dropped = step.after.map((id) =>
    to(withStep(proposal, at, { after: step.after.filter((other) => other !== id) })),
  );
  const added = proposal.steps
    .slice(0, at)
    .filter(({ id }) => !step.after.includes(id))
    .map(({ id }) => to(withStep(proposal, at, { after: [...step.after, id] })));
  const swapped = proposal.steps.slice(0, at).map((other, index) => {
    const content = ({ action, purpose, kind, args, expect, onFailure }: StepData): Partial<StepData> => ({
      action,
      purpose,
      kind,
      args,
      expect,
      onFailure,
    });
    return to(withStep(withStep(proposal, at, content(other)), index, content(step)));
  });
  return [...dropped, to(withStep(proposal, at, { after: [], when: "" })), ...added, ...swapped];
}

function readdress(proposal: ProposalData, at: number, { actions, inventory }: Declarations): readonly Mutant[] {
  const step = proposal.steps[at];
  const action = actions.get(step?.action ?? "");
  if (step === undefined || action === undefined) return [];
  return step.args.flatMap((argument, index) => {
    const values = valuesOf(action.input.get(argument.name)?.type, inventory);
    const operator = argument.name === action.target ? "target" : "argument";
    return values.map((value): Mutant => {
      const args = step.args.map((other, place) =>
        place === index ? { ...other, from: "literal", value: JSON.stringify(value) } : other,
      );
      return { operator, proposal: withStep(proposal, at, { args }) };
    });
  });
}

/** Leaves a step out. What waited for it waits for what it waited for. */
function leaveOut(proposal: ProposalData, at: number): readonly Mutant[] {
  const gone = proposal.steps[at];
  if (gone === undefined || proposal.steps.length < 2) return [];
  const steps = proposal.steps
    .filter((step) => step !== gone)
    .map((step) => {
      if (!step.after.includes(gone.id)) return step;
      const after = [...new Set(step.after.flatMap((id) => (id === gone.id ? gone.after : [id])))];
      return { ...step, after, when: step.when.includes(gone.id) ? gone.when : step.when };
    });
  return [{ operator: "missing", proposal: { ...proposal, steps } }];
}

function branch(proposal: ProposalData, at: number, domain: Declarations): readonly Mutant[] {
  const step = proposal.steps[at];
  if (step === undefined) return [];
  const asked = proposal.steps.filter(({ id }) => step.after.includes(id));
  const whens = asked.flatMap((other) =>
    outcomesOf(other, domain.actions.get(other.action)).flatMap((outcome) => [
      `${other.id} == '${outcome}'`,
      `${other.id} != '${outcome}'`,
    ]),
  );
  return ["", ...whens, ...(step.when === "" ? [] : [`!(${step.when})`])].map((when) => ({
    operator: "branch",
    proposal: withStep(proposal, at, { when }),
  }));
}

function outcomesOf({ kind, onFailure }: StepData, action: Action | undefined): readonly string[] {
  if (kind === "approve") return ["approved", "rejected", "expired"];
  if (kind === "wait") return ["elapsed"];
  if (kind === "probe") return [...(action?.outcomes ?? []), "none_of_these", "no_answer"];
  return onFailure === "branch" ? ["done", "failed"] : ["done"];
}

function failOtherwise(proposal: ProposalData, at: number): readonly Mutant[] {
  return ["branch", "stop", "recover", "rollback", "escalate"].map((onFailure) => ({
    operator: "failure",
    proposal: withStep(proposal, at, { onFailure }),
  }));
}

function expectMore(proposal: ProposalData, at: number, domain: Declarations): readonly Mutant[] {
  const step = proposal.steps[at];
  if (step === undefined || domain.actions.get(step.action)?.isRead !== false) return [];
  return guardsOf(domain).map((guard) => ({
    operator: "guard",
    proposal: withStep(proposal, at, { expect: [...step.expect, guard] }),
  }));
}

function aimElsewhere(proposal: ProposalData, domain: Declarations): readonly Mutant[] {
  return ["", ...guardsOf(domain)].flatMap((guard): readonly Mutant[] => [
    { operator: "guard", proposal: { ...proposal, goal: guard } },
    ...(guard === "" || proposal.goal === ""
      ? []
      : [{ operator: "guard", proposal: { ...proposal, goal: `${proposal.goal} && ${guard}` } } as const]),
  ]);
}

/** A few conditions on facts: each fact of the first object of each type, with two of its values. */
function guardsOf({ facts, inventory }: Declarations): readonly string[] {
  const firsts = [...inventory].map(([type, [id = ""]]) => `${type}.${id}.`);
  return [...facts]
    .filter(([name]) => firsts.some((first) => name.startsWith(first)))
    .flatMap(([name, type]) =>
      valuesOf(type, inventory)
        .slice(0, 2)
        .map((value) => `${name} == ${typeof value === "string" ? `'${value}'` : String(value)}`),
    );
}

/** Things that the language gives no meaning. */
function spoil(proposal: ProposalData, at: number): readonly Mutant[] {
  const step = proposal.steps[at];
  if (step === undefined) return [];
  const [first, ...more] = step.args;
  return [
    withStep(proposal, at, { after: [...step.after, "nobody"] }),
    withStep(proposal, at, { action: `${step.action}x` }),
    withStep(proposal, at, { kind: step.kind === "act" ? "probe" : "act" }),
    ...(first === undefined
      ? []
      : [
          withStep(proposal, at, { args: more }),
          withStep(proposal, at, { args: [{ ...first, from: "literal", value: '"nowhere to be found"' }, ...more] }),
        ]),
  ].map((changed) => ({ operator: "nonsense", proposal: changed }));
}

/** One more write, behind each step and side by side with all. */
function insert(proposal: ProposalData, domain: Declarations): readonly Mutant[] {
  const extras = [...domain.actions.values()].flatMap((action) => callsOf(action, domain, 4));
  const places = [null, ...proposal.steps.map(({ id }) => id)];
  return extras.flatMap((extra) =>
    places.flatMap((behind): readonly Mutant[] => {
      const beside = { ...extra, after: behind === null ? [] : [behind] };
      const before = proposal.steps.map((step) => {
        const isNext = behind === null ? step.after.length === 0 : step.after.includes(behind);
        return isNext ? { ...step, after: [...step.after, extra.id] } : step;
      });
      return [
        { operator: "extra", proposal: { ...proposal, steps: [...proposal.steps, beside] } },
        { operator: "extra", proposal: { ...proposal, steps: [...before, beside] } },
      ];
    }),
  );
}

/** Calls of an action with literal arguments, at most this many. An argument without bounds keeps one word. */
export function callsOf(action: Action, domain: Declarations, countMax: number): readonly StepData[] {
  let calls: readonly Readonly<Record<string, ReturnType<typeof valuesOf>[number]>>[] = [{}];
  for (const [name, { type }] of action.input) {
    const values = valuesOf(type, domain.inventory);
    const tried = values.length === 0 ? ["x"] : values;
    calls = calls.flatMap((call) => tried.map((value) => ({ ...call, [name]: value })));
  }
  const stride = Math.max(1, Math.floor(calls.length / countMax));
  const onFailure = action.onFailure === "branch" ? "stop" : action.onFailure;
  return calls
    .filter((_, index) => index % stride === 0)
    .slice(0, countMax)
    .map((args) => callOf("extra", action.name, args, { onFailure }));
}
