// Every plan that a hostile proposer can make of a pack, up to a depth, over a bounded choice of objects and values.
import { type Action, type Declarations, dataOf, isOfType } from "../interpreter/declarations.ts";
import { callOf, type ProposalData, proposalOf, type StepData, stepOf } from "./good-plans.ts";
import { valuesOf } from "./values.ts";

/** How much of a domain is tried. */
export interface Bounds {
  /** The first so many objects of each type. */
  readonly objectsMax: number;
  /** The first and the last of so many values of each argument. */
  readonly valuesMax: number;
  /** So many choices for each step: one call of each write and of each read, then a second one, and so on. */
  readonly choicesMax: number;
}

/** A proposal, and what an operator gives with it. */
export interface HostilePlan {
  readonly proposal: ProposalData;
  readonly depth: number;
  readonly inputs: Readonly<Record<string, boolean | number | string>>;
}

interface Choice {
  readonly step: StepData;
  readonly inputs: HostilePlan["inputs"];
  readonly outcomes: readonly string[];
}

/**
 * Every plan of 1 to `depth` steps. Each step is any call of any action, a wait or a question. It waits for the step
 * before it or for nothing, and runs always or for one outcome of that step, the surprises included.
 *
 * Cost: with n choices, n × (2n)^(depth - 1) plans, and more where steps have several outcomes.
 */
export function* hostilePlans(domain: Declarations, depth: number, bounds: Bounds): Iterable<HostilePlan> {
  const choices = choicesOf(domain, bounds);
  function* longer(before: readonly Choice[]): Iterable<HostilePlan> {
    if (before.length > 0)
      yield {
        proposal: proposalOf(
          "",
          before.map(({ step }) => step),
        ),
        depth: before.length,
        inputs: Object.assign({}, ...before.map(({ inputs }) => inputs)),
      };
    if (before.length === depth) return;
    for (const choice of choices)
      for (const link of linksTo(before.at(-1))) {
        const step = { ...choice.step, ...link, id: `s${before.length + 1}` };
        yield* longer([...before, { ...choice, step }]);
      }
  }
  yield* longer([]);
}

function linksTo(last: Choice | undefined): readonly Pick<StepData, "after" | "when">[] {
  if (last === undefined) return [{ after: [], when: "" }];
  const { id } = last.step;
  const whens = last.outcomes.length > 1 ? last.outcomes.map((outcome) => `${id} == '${outcome}'`) : [];
  return [{ after: [], when: "" }, ...["", ...whens].map((when) => ({ after: [id], when }))];
}

/** How many choices there are for each step. */
export function countChoices(domain: Declarations, bounds: Bounds): number {
  return choicesOf(domain, bounds).length;
}

function choicesOf(domain: Declarations, bounds: Bounds): readonly Choice[] {
  const question = [{ name: "question", from: "literal", value: '"go on?"' }];
  const time = [{ name: "forMs", from: "literal", value: "100" }];
  const actions = [...domain.actions.values()];
  const calls = [...actions.filter(({ isRead }) => !isRead), ...actions.filter(({ isRead }) => isRead)].map((action) =>
    callsOf(action, domain, bounds),
  );
  const rounds = Math.max(...calls.map(({ length }) => length));
  const inTurn = Array.from({ length: rounds }, (_, round) => calls.flatMap((each) => each[round] ?? [])).flat();
  return [
    ...inTurn.slice(0, Math.max(1, bounds.choicesMax - 2)),
    {
      step: stepOf("", { kind: "approve", args: question, onFailure: "stop" }),
      inputs: {},
      outcomes: ["approved", "rejected", "expired"],
    },
    { step: stepOf("", { kind: "wait", args: time, onFailure: "stop" }), inputs: {}, outcomes: ["elapsed"] },
  ];
}

function callsOf(action: Action, domain: Declarations, bounds: Bounds): readonly Choice[] {
  let calls: readonly Readonly<Record<string, boolean | number | string>>[] = [{}];
  for (const [name, { type }] of action.input) {
    const isObject = "object" in dataOf(type);
    const few = isObject
      ? valuesOf(type, domain.inventory).slice(0, bounds.objectsMax)
      : firstAndLast(valuesOf(type, domain.inventory), bounds.valuesMax);
    const values = (few.length > 0 ? few : ["x"]).filter((value) => isOfType(type, value, domain.inventory));
    calls = calls.flatMap((call) =>
      values.map((value) => ({ ...call, [name]: typeof value === "object" ? "" : (value ?? "") })),
    );
  }
  const isProbe = action.isRead && action.outcomes.length > 0;
  return calls.map((args) => {
    const given = [...action.input].filter(([, { isEndorsed }]) => isEndorsed).map(([name]) => name);
    const step = callOf("", action.name, args, {
      kind: isProbe ? "probe" : "act",
      onFailure: isProbe ? "stop" : action.onFailure,
    });
    // What an operator has to give comes from an operator.
    const written = step.args.map((argument) =>
      given.includes(argument.name) ? { ...argument, from: "input", value: argument.name } : argument,
    );
    return {
      step: { ...step, args: written },
      inputs: Object.fromEntries(given.map((name) => [name, args[name] ?? ""])),
      outcomes: isProbe
        ? [...action.outcomes, "none_of_these", "no_answer"]
        : action.onFailure === "branch"
          ? ["done", "failed"]
          : ["done"],
    };
  });
}

function firstAndLast<T>(values: readonly T[], countMax: number): readonly T[] {
  if (values.length <= countMax) return values;
  return [...values.slice(0, Math.ceil(countMax / 2)), ...values.slice(values.length - Math.floor(countMax / 2))];
}

/** A name for a step that a person can read. */
export function describeStep({ action, kind, args, after, when }: StepData): string {
  const behind = after.length === 0 ? "" : ` after ${after.join(", ")}`;
  const called = `${action === "" ? kind : action}(${args.map(({ value }) => value).join(" ")})`;
  return `${called}${behind}${when === "" ? "" : ` when ${when}`}`;
}
