import type { FactValue } from "../../src/core/domain/domain.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import { formatText } from "../../src/core/guard/formula.ts";
import type { CompileRequest } from "../../src/core/plan/compile/compilation.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import type { RngCursor } from "../../src/core/value/rng.ts";
import { readDeclarations } from "../interpreter/declarations.ts";
import { judge } from "../interpreter/judge.ts";
import { literal, proposalOf, step as proposed, requestOf } from "../support/proposals.ts";

/** A fact is a small whole number. */
export type Facts = Readonly<Record<string, number>>;

/** `fact operator value`. */
export interface Atom {
  readonly fact: string;
  readonly operator: "==" | "!=" | "<=";
  readonly value: number;
}

/** A conjunction of disjunctions. */
export type Condition = readonly (readonly Atom[])[];

/** A step of a small plan. */
export interface SmallStep {
  readonly id: string;
  readonly kind: "write" | "probe" | "approve" | "wait";
  readonly after: readonly string[];
  /** The outcome of an earlier step that it runs for; `null` runs when everything in `after` ran. */
  readonly when: { readonly step: string; readonly outcomes: readonly string[] } | null;
  readonly object: string;
  readonly pre: Condition;
  readonly during: Facts;
  readonly effect: Facts;
  readonly locks: readonly string[];
  /** Whether the plan goes on when the write fails. */
  readonly mayFail: boolean;
}

/** A small plan and the world that it meets. */
export interface SmallPlan {
  readonly facts: Facts;
  readonly invariants: readonly Condition[];
  readonly goal: Condition;
  readonly steps: readonly SmallStep[];
}

const objects = ["w", "x", "y", "z"];
const factNames = objects.flatMap((object) => [`cell.${object}.a`, `cell.${object}.b`]);
const valueMax = 2;

/** A random plan over eight small facts. Most of them are harmful. */
export function randomPlan(rng: RngCursor, options: { readonly canFail: boolean }): SmallPlan {
  const below = (count: number): number => rng.below(count);
  const facts = Object.fromEntries(factNames.map((name) => [name, below(valueMax + 1)]));
  const count = 1 + below(5);
  const steps: SmallStep[] = [];
  for (let index = 0; index < count; index += 1) steps.push(randomStep(below, steps, { index, ...options }));
  const conditions = Array.from({ length: below(4) }, () => randomCondition(below, { conjuncts: 2, atoms: 3 }));
  // Most domains hold before a plan begins.
  const invariants = conditions.filter((condition) => holds(condition, facts) || below(8) === 0);
  const goal = below(3) === 0 ? randomCondition(below, { conjuncts: 1, atoms: 2 }) : [];
  return { facts, invariants, goal, steps };
}

function holds(condition: Condition, facts: Facts): boolean {
  return condition.every((atoms) => atoms.some((atom) => compare(atom, facts)));
}

function compare({ fact, operator, value }: Atom, facts: Facts): boolean {
  const found = facts[fact] ?? 0;
  return operator === "==" ? found === value : operator === "!=" ? found !== value : found <= value;
}

type Below = (count: number) => number;

function randomStep(
  below: Below,
  earlier: readonly SmallStep[],
  { index, canFail }: { readonly index: number; readonly canFail: boolean },
): SmallStep {
  const kind = (["write", "write", "write", "write", "probe", "approve", "wait"] as const)[below(7)] ?? "write";
  const after = earlier.filter(() => below(3) === 0).map(({ id }) => id);
  const last = earlier.at(-1);
  if (last !== undefined && below(2) === 0 && !after.includes(last.id)) after.push(last.id);
  const asked = earlier.filter(({ id, kind: other, mayFail }) => after.includes(id) && (other !== "write" || mayFail));
  const choice = asked[below(Math.max(1, asked.length))];
  const when =
    choice === undefined || choice.kind === "wait"
      ? null
      : { step: choice.id, outcomes: [firstOutcome(choice, below)] };
  const object = objects[below(objects.length)] ?? "w";
  const isWrite = kind === "write";
  return {
    id: `s${index}`,
    kind,
    after,
    when,
    object,
    pre: isWrite && below(2) === 0 ? randomCondition(below, { conjuncts: 2, atoms: 2 }) : [],
    during: isWrite && below(3) === 0 ? randomFacts(below, object) : {},
    effect: isWrite ? randomFacts(below, object) : {},
    locks: isWrite && below(4) === 0 ? ["shared"] : [],
    mayFail: isWrite && canFail && below(2) === 0,
  };
}

function firstOutcome(step: SmallStep, below: Below): string {
  if (step.kind === "probe") return below(2) === 0 ? "yes" : "no";
  if (step.kind === "approve") return "approved";
  return below(2) === 0 ? "failed" : "done";
}

function randomFacts(below: Below, object: string): Facts {
  const own = `cell.${object}.${below(2) === 0 ? "a" : "b"}`;
  const any = factNames[below(factNames.length)] ?? own;
  const name = below(4) === 0 ? any : own;
  return below(3) === 0 ? { [own]: below(valueMax + 1), [any]: below(valueMax + 1) } : { [name]: below(valueMax + 1) };
}

function randomCondition(
  below: Below,
  { conjuncts, atoms }: { readonly conjuncts: number; readonly atoms: number },
): Condition {
  const atom = (): Atom => ({
    fact: factNames[below(factNames.length)] ?? "",
    operator: (["==", "!=", "<="] as const)[below(3)] ?? "==",
    value: below(valueMax + 1),
  });
  return Array.from({ length: 1 + below(conjuncts) }, () => Array.from({ length: 1 + below(atoms) }, atom));
}

/**
 * How the small whole numbers of a plan are written as values of another type. The interpreter knows the numbers alone,
 * so a type that is simulated in another way than they are gives another verdict.
 */
export interface Encoding {
  readonly type: JsonValue;
  /** The value of 0, of 1 and of 2. */
  readonly values: readonly FactValue[];
  /** Whether `<=` is written as such. Otherwise it is written as a list of the values. */
  readonly isOrdered: boolean;
}

/** As they are. */
export const wholeNumbers: Encoding = { type: { integer: [0, valueMax] }, values: [0, 1, 2], isOrdered: true };

/** The same plan as the product takes it: a domain with one action for each step, and a proposal. */
export function requestFor(plan: SmallPlan, encoding: Encoding = wholeNumbers): CompileRequest {
  const domain = parseDomain(domainFor(plan, encoding));
  if (!domain.ok) throw new Error(JSON.stringify(domain.error, null, 1));
  return requestOf(proposalFor(plan, encoding), { domain: domain.value });
}

/** Whether a small plan does harm, by the interpreter that knows nothing of the product. */
export function isHarmful(plan: SmallPlan, encoding: Encoding = wholeNumbers): boolean {
  const domain = readDeclarations(domainFor(plan, encoding));
  const verdict = judge({ domain, facts: readingsOf(plan, encoding), proposal: proposalFor(plan, encoding) });
  if (verdict.kind === "harmful" || verdict.kind === "harmless") return verdict.kind === "harmful";
  throw new Error(`the interpreter says ${JSON.stringify(verdict)}`);
}

function proposalFor({ steps, goal }: SmallPlan, encoding: Encoding): ReturnType<typeof proposalOf> {
  return proposalOf(steps.map(toProposed), { goal: conditionText(goal, encoding) });
}

function domainFor(plan: SmallPlan, encoding: Encoding): JsonValue {
  const textOf = (condition: Condition): string => conditionText(condition, encoding);
  return {
    format: "interlock.domain/1",
    name: "small",
    version: "1",
    summary: "",
    environment: "lab",
    connections: { cells: { connector: "http" } },
    types: {
      cell: {
        facts: { a: encoding.type, b: encoding.type },
        observe: {
          uses: "cells/get",
          with: { path: [{ $target: "id" }] },
          facts: { a: "/a", b: "/b" },
          fingerprint: ["/id"],
          fence: "/etag",
        },
      },
    },
    inventory: { cell: Object.fromEntries(objects.map((object) => [object, {}])) },
    invariants: Object.fromEntries(
      plan.invariants.map((condition, index) => [`i${index}`, { summary: "", holds: textOf(condition) }]),
    ),
    actions: Object.fromEntries(
      plan.steps
        .filter(({ kind }) => kind === "write" || kind === "probe")
        .map((step) => [`do.${step.id}`, actionOf(step, encoding)]),
    ),
  };
}

/** The facts of a small plan, as a reading gives them. */
export function readingsOf(
  { facts }: SmallPlan,
  { values }: Encoding = wholeNumbers,
): Readonly<Record<string, FactValue>> {
  return Object.fromEntries(Object.entries(facts).map(([fact, value]) => [fact, values[value] ?? false]));
}

function actionOf(step: SmallStep, encoding: Encoding): JsonValue {
  const call = { with: { path: ["do"] }, target: "cell", input: { cell: { object: "cell" } }, timeout: "1s" };
  if (step.kind === "probe")
    return {
      ...call,
      class: "read",
      uses: "cells/get",
      outcomes: [
        { name: "yes", when: "output.body.yes" },
        { name: "no", when: "!output.body.yes" },
      ],
    };
  return {
    ...call,
    class: "irreversible",
    idempotency: "none",
    uses: "cells/post",
    pre: conditionText(step.pre, encoding),
    during: assignments(step.during, encoding),
    effect: assignments(step.effect, encoding),
    post: {
      expect: Object.entries(step.effect)
        .map(([fact, value]) => `${fact} == ${written(value, encoding)}`)
        .join(" && "),
      within: "1s",
      every: "1s",
    },
    locks: step.locks,
    onFailure: step.mayFail ? "branch" : "stop",
  };
}

function toProposed(step: SmallStep): ReturnType<typeof proposed> {
  const { id, after } = step;
  const when =
    step.when === null ? "" : step.when.outcomes.map((outcome) => `${step.when?.step} == '${outcome}'`).join(" || ");
  switch (step.kind) {
    case "write":
    case "probe":
      return proposed(id, {
        action: `do.${id}`,
        kind: step.kind === "write" ? "act" : "probe",
        args: [literal("cell", step.object)],
        after,
        when,
        onFailure: step.mayFail ? "branch" : "stop",
      });
    case "approve":
      return proposed(id, { kind: "approve", args: [literal("question", "go on?")], after, when });
    case "wait":
      return proposed(id, { kind: "wait", args: [literal("forMs", 5)], after, when });
  }
}

function assignments(facts: Facts, encoding: Encoding): readonly string[] {
  return Object.entries(facts).map(([fact, value]) => `${fact} = ${written(value, encoding)}`);
}

function conditionText(condition: Condition, encoding: Encoding): string {
  const atomText = ({ fact, operator, value }: Atom): string => {
    if (operator !== "<=" || encoding.isOrdered) return `${fact} ${operator} ${written(value, encoding)}`;
    const upTo = Array.from({ length: value + 1 }, (_, index) => written(index, encoding));
    return `${fact} in [${upTo.join(", ")}]`;
  };
  return condition.map((atoms) => `(${atoms.map(atomText).join(" || ")})`).join(" && ");
}

function written(value: number, { values }: Encoding): string {
  const known = values[value] ?? false;
  return typeof known === "string" ? formatText(known) : String(known);
}
