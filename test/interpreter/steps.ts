// A proposal as the interpreter of harm carries it out: one step for each object of an `each`, barriers between waves,
// and every guard over facts alone.
import {
  type Action,
  type Declarations,
  dataOf,
  isBounded,
  isOfType,
  isValue,
  listOf,
  textOf,
} from "./declarations.ts";
import { assign, ground, groundAll, type Names } from "./ground.ts";
import { conjunctsOf, type Guard, pathsIn, readGuard, type Value } from "./guard.ts";
import { type Undo, undoOf } from "./undo.ts";

/** Why a proposal is no plan in this domain's language. */
export class Meaningless extends Error {}

/** Why a plan is harmful although nothing of it has been carried out yet. */
export interface StaticHarm {
  readonly kind: "incautious" | "outside_text" | "not_endorsed";
  readonly step: string;
  readonly why: string;
}

/** One step, ready to be carried out in thought. */
export interface Step {
  readonly id: string;
  readonly kind: "call" | "wait" | "approve" | "barrier" | "end" | "escalate";
  readonly action: string;
  readonly after: readonly string[];
  /** Over outcomes of steps; `null` asks that everything in `after` ran. */
  readonly when: Guard | null;
  readonly isWrite: boolean;
  readonly target: string;
  readonly pre: readonly Guard[];
  readonly during: ReadonlyMap<string, Value | undefined>;
  readonly effect: ReadonlyMap<string, Value | undefined>;
  /** What its action waits for, and what the proposal asks for in addition. */
  readonly post: readonly Guard[];
  readonly expect: readonly Guard[];
  readonly locks: readonly string[];
  readonly outcomes: readonly string[];
  /** Steps whose output it is sent with. */
  readonly needs: readonly string[];
  /** For a step behind a wave: it runs if at most so many of these failed. */
  readonly counts: { readonly members: readonly string[]; readonly failedMax: number } | null;
  /** The waves of one proposed step, of which it is a part. */
  readonly waves: string | null;
  /** Whether its failure begins the way back; of an `end`, whether it does. */
  readonly rollsBack: boolean;
  /** How it is undone; `null` where it cannot be. */
  readonly undo: Undo | null;
}

/** A proposal that means something. */
export interface Expanded {
  readonly steps: readonly Step[];
  readonly goal: readonly Guard[];
  readonly harm: StaticHarm | null;
}

/** What a proposal is read with. */
export interface Given {
  readonly domain: Declarations;
  readonly inputs: ReadonlyMap<string, unknown>;
  /** The goal of the one who asks, which holds beside the proposal's. */
  readonly goal: string;
}

/** An argument: its value, `undefined` if an earlier step gives it, or the values of an `each`. */
interface Argument {
  readonly name: string;
  readonly value: unknown;
  readonly each: readonly unknown[] | null;
  readonly from: string;
  readonly needs: string | null;
}

/** Reads the steps of a proposal. Throws `Meaningless`, or `GuardError`, where the language gives it no meaning. */
export function expand(proposal: unknown, given: Given): Expanded {
  const data = dataOf(proposal);
  const sources = listOf(data["steps"]).map(dataOf);
  const ids = sources.map((source) => textOf(source["id"]));
  if (new Set(ids).size !== ids.length) throw new Meaningless("two steps have one id");
  if (sources.length === 0) throw new Meaningless("there are no steps");
  const harms: StaticHarm[] = [];
  const exits = new Map<string, readonly string[]>();
  const steps: Step[] = [];
  for (const source of inOrder(sources)) {
    const after = listOf(source["after"]).flatMap((id) => exits.get(textOf(id)) ?? []);
    const made = expandOne(source, { ...given, after, harms, known: new Map(steps.map((step) => [step.id, step])) });
    steps.push(...made.steps);
    exits.set(textOf(source["id"]), made.exits);
  }
  checkInputs(data, sources, given);
  const names = { domain: given.domain, inputs: given.inputs, args: new Map<string, Value | undefined>(), target: "" };
  const goal = [textOf(data["goal"]), given.goal].flatMap((text) => groundAll(text, { ...names, types: new Map() }));
  return { steps, goal, harm: harms[0] ?? null };
}

/** An input that nobody takes was meant for something else. */
function checkInputs(data: ReturnType<typeof dataOf>, sources: readonly (typeof data)[], given: Given): void {
  const taken = sources
    .flatMap(({ args }) => listOf(args).map(dataOf))
    .flatMap(({ from, value }) => (from === "input" ? [value] : []));
  const guards = [data["goal"], given.goal, ...sources.flatMap(({ expect }) => listOf(expect))].map(textOf);
  for (const name of given.inputs.keys())
    if (!taken.includes(name) && !guards.some((text) => new RegExp(`\\binput\\.${name}\\b`).test(text)))
      throw new Meaningless(`nobody takes the input \`${name}\``);
}

/** Sources in an order in which each comes behind what it waits for. */
function inOrder(sources: readonly ReturnType<typeof dataOf>[]): readonly ReturnType<typeof dataOf>[] {
  const left = [...sources];
  const done = new Set<string>();
  const sorted: typeof left = [];
  while (left.length > 0) {
    const at = left.findIndex((source) => listOf(source["after"]).every((id) => done.has(textOf(id))));
    const [next] = at < 0 ? [] : left.splice(at, 1);
    if (next === undefined) throw new Meaningless("steps wait for one another, or for a step that is not there");
    done.add(textOf(next["id"]));
    sorted.push(next);
  }
  return sorted;
}

interface Place extends Given {
  readonly after: readonly string[];
  readonly harms: StaticHarm[];
  readonly known: ReadonlyMap<string, Step>;
}

function expandOne(
  source: ReturnType<typeof dataOf>,
  place: Place,
): { readonly steps: readonly Step[]; readonly exits: readonly string[] } {
  const [id, kind, name] = [textOf(source["id"]), textOf(source["kind"]), textOf(source["action"])];
  if (kind !== "act" && kind !== "probe") {
    if (name !== "") throw new Meaningless(`\`${id}\` calls nothing and names an action`);
    if (listOf(source["expect"]).length > 0) throw new Meaningless(`\`${id}\` has nothing to expect`);
    return { steps: [quietStep(source, place)], exits: [id] };
  }
  const action = place.domain.actions.get(name);
  if (action === undefined) throw new Meaningless(`there is no action \`${name}\``);
  if (kind === "probe" && !action.isRead) throw new Meaningless(`\`${name}\` writes, and a probe only reads`);
  if (action.isRead && listOf(source["expect"]).length > 0) throw new Meaningless(`\`${id}\` reads and expects`);
  const args = listOf(source["args"]).map((argument) => readArgument(dataOf(argument), place));
  checkArguments(id, { action, args, place });
  checkCaution(source, action, place);
  const each = args.find((argument) => argument.each !== null);
  if (each?.each === undefined || each.each === null) {
    const step = callStep(source, { action, args, place, id });
    return { steps: [step], exits: [id] };
  }
  const members = each.each.map((value, index) =>
    callStep(source, {
      action,
      args: args.map((argument) => (argument === each ? { ...argument, value, each: null } : argument)),
      place,
      id: `${id}_${index + 1}`,
    }),
  );
  if (action.waves === null || action.isRead) return { steps: members, exits: members.map((step) => step.id) };
  return inWaves(members, { waves: action.waves, id, isCounted: textOf(source["onFailure"]) === "branch" });
}

function quietStep(source: ReturnType<typeof dataOf>, place: Place): Step {
  const kind = textOf(source["kind"]);
  const id = textOf(source["id"]);
  const outcomes = new Map([
    ["wait", ["elapsed"]],
    ["approve", ["approved", "rejected", "expired"]],
    ["end", ["ended"]],
    ["escalate", ["ended"]],
  ]).get(kind);
  if (outcomes === undefined) throw new Meaningless(`\`${kind}\` is no kind of step`);
  checkParameters(source, place);
  const world = listOf(source["args"]).map((argument) => readArgument(dataOf(argument), place));
  const rollsBack = kind === "end" && world.some(({ value }) => value === "rollback");
  return {
    ...nothing,
    id,
    rollsBack,
    kind: kind === "wait" || kind === "approve" || (kind === "end" && !rollsBack) ? kind : "escalate",
    after: place.after,
    when: readWhen(source, place),
    outcomes,
  };
}

const weekMs = 604_800_000;

// What a step that calls nothing takes, and whether it has to be there.
const parameters: Readonly<Record<string, readonly (readonly [string, unknown, boolean])[]>> = {
  wait: [["forMs", { integer: [1, weekMs] }, true]],
  approve: [
    ["question", { string: {} }, true],
    ["withinMs", { integer: [1_000, weekMs] }, false],
  ],
  escalate: [["reason", { string: {} }, true]],
  end: [["world", ["goal", "rollback"], false]],
};

function checkParameters(source: ReturnType<typeof dataOf>, place: Place): void {
  const id = textOf(source["id"]);
  const declared = parameters[textOf(source["kind"])] ?? [];
  const given = listOf(source["args"]).map((argument) => readArgument(dataOf(argument), place));
  for (const { name, value, from } of given) {
    const [, type] = declared.find(([known]) => known === name) ?? [];
    if (from !== "literal" || type === undefined || !isOfType(type, value, place.domain.inventory))
      throw new Meaningless(`\`${name}\` is nothing that \`${id}\` takes`);
  }
  const missing = declared.find(([name, , isNeeded]) => isNeeded && !given.some((argument) => argument.name === name));
  if (missing !== undefined) throw new Meaningless(`\`${id}\` needs \`${missing[0]}\``);
}

const nothing = {
  action: "",
  isWrite: false,
  target: "",
  pre: [],
  during: new Map<string, Value | undefined>(),
  effect: new Map<string, Value | undefined>(),
  post: [],
  expect: [],
  locks: [],
  needs: [],
  counts: null,
  waves: null,
  rollsBack: false,
  undo: null,
} as const;

function readWhen(source: ReturnType<typeof dataOf>, { known, after }: Place): Guard | null {
  const text = textOf(source["when"]);
  if (text.trim() === "") return null;
  const guard = readGuard(text);
  for (const path of pathsIn(guard)) {
    const [id = ""] = path;
    if (path.length !== 1 || !after.includes(id)) throw new Meaningless(`a \`when\` reads \`${path.join(".")}\``);
  }
  checkOutcomes(guard, known);
  return guard;
}

/** A condition may only name outcomes that a step can have. */
function checkOutcomes(guard: Guard, known: ReadonlyMap<string, Step>): void {
  if (guard.kind === "and" || guard.kind === "or") for (const part of guard.parts) checkOutcomes(part, known);
  if (guard.kind === "not") checkOutcomes(guard.part, known);
  if (guard.kind !== "compare" && guard.kind !== "in") return;
  const items = guard.kind === "in" ? guard.items : [guard.right];
  const step = guard.left.kind === "path" ? known.get(guard.left.path[0] ?? "") : undefined;
  const outcomes = [...(step?.outcomes ?? []), "not_run"];
  for (const item of items)
    if (item.kind !== "value" || !outcomes.some((outcome) => outcome === item.value))
      throw new Meaningless(`\`${step?.id}\` has no such outcome`);
}

function readArgument(data: ReturnType<typeof dataOf>, { inputs, domain }: Place): Argument {
  const [name, from, text] = [textOf(data["name"]), textOf(data["from"]), textOf(data["value"])];
  if (from === "literal") return { name, from, value: parse(text), each: null, needs: null };
  if (from === "input") {
    if (!inputs.has(text)) throw new Meaningless(`nobody gives the input \`${text}\``);
    return { name, from, value: inputs.get(text), each: null, needs: null };
  }
  if (from === "step") return { name, from, value: undefined, each: null, needs: text };
  const objects = domain.inventory.get(text) ?? listOf(parse(text));
  if (objects.length === 0) throw new Meaningless("an `each` over nothing");
  return { name, from, value: undefined, each: objects, needs: null };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Meaningless(`\`${text}\` is no JSON`);
  }
}

function checkArguments(
  id: string,
  from: { readonly action: Action; readonly args: readonly Argument[]; readonly place: Place },
): void {
  const { action, args, place } = from;
  const names = args.map(({ name }) => name);
  if (names.length !== action.input.size || new Set(names).size !== names.length)
    throw new Meaningless(`\`${id}\` has not the arguments of \`${action.name}\``);
  for (const { name, value, each, from: source, needs } of args) {
    const declared = action.input.get(name);
    if (declared === undefined) throw new Meaningless(`\`${action.name}\` takes no \`${name}\``);
    if (declared.isEndorsed && source !== "input")
      place.harms.push({ kind: "not_endorsed", step: id, why: `\`${name}\` is for an operator to give` });
    if (needs === null) {
      for (const one of each ?? [value])
        if (!isOfType(declared.type, one, place.domain.inventory))
          throw new Meaningless(`${JSON.stringify(one)} is no value of \`${name}\``);
      continue;
    }
    const [stepId = "", field = ""] = needs.split("#/");
    const step = place.known.get(stepId);
    const output = place.domain.actions.get(step?.action ?? "")?.output;
    if (step === undefined || name === action.target || !output?.has(field.split("/")[0] ?? ""))
      throw new Meaningless(`\`${name}\` of \`${id}\` is no output of an earlier step`);
    if (!action.isRead && !isBounded(declared.type))
      place.harms.push({ kind: "outside_text", step: id, why: `\`${name}\` is written as an answer gives it` });
  }
}

// What a proposal may choose instead of what an action asks for: only what is at least as cautious.
const cautious: Readonly<Record<string, readonly string[]>> = {
  branch: ["branch", "stop", "recover", "rollback", "escalate"],
  stop: ["stop", "recover", "rollback", "escalate"],
  recover: ["recover", "stop", "rollback", "escalate"],
  rollback: ["rollback", "escalate"],
  escalate: ["escalate"],
};

function checkCaution(source: ReturnType<typeof dataOf>, action: Action, { harms }: Place): void {
  const onFailure = textOf(source["onFailure"]);
  if (!(onFailure in cautious)) throw new Meaningless(`\`${onFailure}\` is nothing to do on a failure`);
  if (textOf(source["kind"]) !== "act") return;
  if (cautious[action.onFailure]?.includes(onFailure) === true) return;
  const why = `\`${action.name}\` asks for \`${action.onFailure}\` when it fails`;
  harms.push({ kind: "incautious", step: textOf(source["id"]), why });
}

function callStep(
  source: ReturnType<typeof dataOf>,
  from: { readonly action: Action; readonly args: readonly Argument[]; readonly place: Place; readonly id: string },
): Step {
  const { action, args, place, id } = from;
  const values = new Map(args.map(({ name, value }) => [name, isValue(value) ? value : undefined]));
  const type = textOf(dataOf(action.input.get(action.target ?? "")?.type)["object"]);
  const target = action.target === null ? "" : `${type}.${String(values.get(action.target))}`;
  const types = new Map([...action.input].map(([name, input]) => [name, textOf(dataOf(input.type)["object"])]));
  const declared = new Map([...action.input].map(([name, input]) => [name, input.type]));
  const names: Names = { ...place, args: values, target, types, declared };
  const isAct = textOf(source["kind"]) === "act";
  const outcomes = isAct
    ? ["done", ...(textOf(source["onFailure"]) === "branch" ? ["failed"] : [])]
    : [...action.outcomes, "none_of_these", "no_answer"];
  const [during, effect] = [assign(action.during, names), assign(action.effect, names)];
  const needs = args.flatMap((argument) => (argument.needs === null ? [] : [argument.needs.split("#/")[0] ?? ""]));
  const post = conjunctsOf(ground(action.post, names));
  return {
    ...nothing,
    id,
    kind: "call",
    action: action.name,
    after: place.after,
    when: readWhen(source, place),
    isWrite: !action.isRead,
    target,
    pre: conjunctsOf(ground(action.pre, names)),
    during,
    effect,
    post,
    expect: listOf(source["expect"]).flatMap((text) => groundAll(textOf(text), { ...names, args: new Map() })),
    locks: [target, ...action.locks.map((lock) => lockOf(lock, names))],
    outcomes,
    needs,
    waves: action.waves === null ? null : textOf(source["id"]),
    rollsBack: textOf(source["onFailure"]) === "rollback",
    undo: action.isRead ? null : undoOf(action, names, [...during.keys(), ...effect.keys()]),
  };
}

function lockOf(lock: string, { args, types, target }: Names): string {
  if (lock === "self") return target;
  if (!lock.startsWith("arg.")) return lock;
  const name = lock.slice("arg.".length);
  return `${types.get(name) ?? ""}.${String(args.get(name))}`;
}

function inWaves(
  members: readonly Step[],
  from: { readonly waves: NonNullable<Action["waves"]>; readonly id: string; readonly isCounted: boolean },
): { readonly steps: readonly Step[]; readonly exits: readonly string[] } {
  const { waves, id, isCounted } = from;
  const share =
    typeof waves.batch === "number" ? waves.batch : (members.length * Number.parseInt(waves.batch, 10)) / 100;
  const size = Math.max(1, Math.floor(share));
  const steps: Step[] = [];
  let before: readonly string[] = [];
  let barrier: Step | null = null;
  for (let from = 0, number = 1; from < members.length; number += 1) {
    const wave = members.slice(from, from + (number === 1 ? waves.canary : size));
    if (barrier !== null) steps.push(barrier);
    const behind = barrier;
    steps.push(...wave.map((step) => (behind === null ? step : { ...step, after: [behind.id], when: null })));
    from += wave.length;
    before = members.slice(0, from).map((step) => step.id);
    const failedMax = isCounted ? waves.abortAbove : 0;
    const name = from >= members.length ? `${id}_waves` : `${id}_wave${number + 1}`;
    barrier = {
      ...nothing,
      id: name,
      kind: "barrier",
      after: before,
      when: null,
      outcomes: ["elapsed"],
      counts: { members: before, failedMax },
    };
  }
  if (!isCounted || barrier === null) return { steps, exits: members.slice(-size).map((step) => step.id) };
  return { steps: [...steps, barrier], exits: [barrier.id] };
}
