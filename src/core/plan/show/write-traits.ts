import { canonicalText } from "../../value/canonical.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { childPointer } from "../../value/pointer.ts";
import { thenRunsOf, undoCallsOf } from "../kinds/undo-calls.ts";
import type { CallStep, Compensation, PlanArgument } from "../plan.ts";
import { type OwnNames, ownId } from "./own-names.ts";

/** What a write is, trait by trait, in words that do not name its own object. */
export type WriteTraits = Readonly<Record<WriteTrait, string>>;

/** The ways in which two writes can differ. */
export type WriteTrait = (typeof writeTraits)[number];

/** Every trait, in the order in which a difference is told. */
export const writeTraits = [
  "action",
  "class",
  "arguments",
  "effect",
  "connection",
  "when",
  "precondition",
  "post-condition",
  "onFailure",
  "way back",
  "waves",
  "locks",
  "limits",
] as const;

/**
 * Takes a write apart. Two writes are equal if all of their traits are, and every field of a step is in one of them but
 * for its id, its purpose, what it waits for and what it sends. A field that a later release adds is among the limits.
 */
export function traitsOf(
  step: CallStep,
  as: { readonly own: OwnNames; readonly effect: JsonValue; readonly when: JsonValue },
): WriteTraits {
  const { own } = as;
  const { id: _id, purpose: _purpose, after: _after, when: _when, kind, action, actionDigest, ...withoutHead } = step;
  const {
    args,
    call,
    pre,
    reads,
    during: _during,
    effect: _effect,
    post,
    compensation,
    locks,
    ...others
  } = withoutHead;
  const { class: grade, target, onFailure, wave, ...limits } = others;
  const { with: _with, connection, connector, operation, access, ...callLimits } = call;
  const text = (value: unknown): string => canonicalText(value as JsonValue);
  return {
    action: text([kind, action, actionDigest, target === null ? null : typeOf(target)]),
    class: grade,
    arguments: text(args.map((argument) => argumentOf(argument, own, target))),
    effect: text(as.effect),
    connection: text([connection, connector, operation, access]),
    when: text(as.when),
    precondition: text([own.guard(pre), reads.map(own.object)]),
    "post-condition": text(
      post === null ? null : { ...post, expect: own.guard(post.expect), reads: post.reads.map(own.object) },
    ),
    onFailure,
    "way back": text(wayBackOf(compensation, own)),
    waves: text(wave === undefined ? null : [wave.of, wave.count, wave.abortAbove]),
    locks: text(locks.map(own.object)),
    limits: text([own.value(asJson(limits)), asJson(callLimits)]),
  };
}

/** What a write sends, and its way back: each value by its place, in words that do not name the own object. */
export function sentBy(step: CallStep, own: OwnNames): ReadonlyMap<string, string> {
  const sent = new Map<string, string>();
  collect(own.value(step.call.with), "", sent);
  for (const { call } of undoCallsOf(step).slice(0, 1)) collect(own.value(call.with), "way back: ", sent);
  for (const { call } of thenRunsOf(step)) collect(own.value(call.with), "then run: ", sent);
  return sent;
}

// Every part of a plan is JSON. Our interfaces have no index signature, so the compiler cannot see it.
function asJson(value: object): JsonValue {
  return value as unknown as JsonValue;
}

function typeOf(target: string): string {
  return target.slice(0, target.indexOf("/"));
}

/** The argument that names the own object is the same in all. Any other one counts as it stands. */
function argumentOf(argument: PlanArgument, own: OwnNames, target: string | null): JsonValue {
  const { value, type } = argument;
  if (value.kind === "output") return asJson({ ...argument, value: { ...value, stepId: own.step(value.stepId) } });
  return asJson({ ...argument, value: isOwnObject({ type, value: value.value }, target) ? ownId : value });
}

/** Whether an argument is the object that the step writes. */
export function isOwnObject(
  argument: { readonly type: PlanArgument["type"]; readonly value: JsonValue },
  target: string | null,
): boolean {
  return argument.type.kind === "object" && `${argument.type.of}/${String(argument.value)}` === target;
}

function wayBackOf(way: CallStep["compensation"], own: OwnNames): JsonValue {
  if (way === null) return null;
  const { thenRun = [], ...undo } = way;
  return [
    undoOf(undo, own),
    ...thenRun.map(({ target, locks, covers, ...next }) => [
      undoOf(next, own),
      target === null ? null : own.object(target),
      locks.map(own.object),
      covers.map(own.step),
    ]),
  ];
}

function undoOf(way: Omit<Compensation, "thenRun">, own: OwnNames): JsonValue {
  const { call, args, restores, reads, during = [], effect = [], copies = [], openPre = [], ...others } = way;
  const { with: _with, ...head } = call;
  return asJson({
    ...others,
    call: head,
    args: args.map((argument) =>
      argument.from === "before"
        ? { ...argument, fact: own.fact(argument.fact) }
        : { ...argument, value: own.value(argument.value) },
    ),
    restores: restores.map(own.fact),
    reads: reads.map(own.object),
    during: during.map(({ fact, value }) => ({ fact: own.fact(fact), value })),
    effect: effect.map(({ fact, value }) => ({ fact: own.fact(fact), value })),
    copies: copies.map(({ fact, of }) => ({ fact: own.fact(fact), of: own.fact(of) })),
    openPre: openPre.map(own.guard),
  });
}

function collect(value: JsonValue, pointer: string, into: Map<string, string>): void {
  if (value !== null && typeof value === "object" && Object.keys(value).length > 0)
    for (const [key, item] of Object.entries(value)) collect(item, childPointer(pointer, key), into);
  else into.set(pointer, canonicalText(value));
}
