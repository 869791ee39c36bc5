// Random small domains and random plans over them: what the gate is certain of must be so when everything is tried.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FactValue } from "../../src/core/domain/domain.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import type { ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { findEffectProblems } from "../../src/flow/plan/check-effects.ts";
import { compileOrThrow, literal, proposalOf, requestOf, step } from "../support/proposals.ts";
import { readDeclarations } from "./declarations.ts";
import { judge } from "./judge.ts";

const objects = ["p", "q", "r"];
const factNames = ["up", "size", "mode"] as const;

/** A condition on a fact of an object that `name` stands for. */
const atom = (name: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(`${name}.up`, `!${name}.up`),
    fc
      .tuple(fc.constantFrom("==", "!=", "<", "<=", ">", ">="), fc.nat(3))
      .map(([operator, value]) => `${name}.size ${operator} ${value}`),
    fc.constantFrom(`${name}.mode == 'on'`, `${name}.mode in ['on', 'idle']`, `${name}.mode != 'off'`),
  );
const named = fc.constantFrom(...objects).map((id) => `box.${id}`);
const anyAtom = named.chain(atom);

/** A guard over facts, and over what `self` and `arg` mean where a step stands. */
const guardOf = (...names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.oneof(anyAtom, ...names.map(atom)), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(" && ", " || "),
      fc.option(
        fc
          .tuple(fc.constantFrom("all", "exists"), atom("x"), atom("x"))
          .map(([quantifier, left, right]) => `inventory.box.${quantifier}(x, ${left} || ${right})`),
        { nil: undefined, freq: 3 },
      ),
    )
    .map(([parts, join, unrolled]) =>
      [...parts.map((part) => `(${part})`), ...((unrolled ?? "") ? [unrolled] : [])].join(join),
    );

const assignment = fc.constantFrom(
  "self.up = true",
  "self.up = false",
  "self.size = arg.size",
  "self.size = 0",
  "self.mode = 'off'",
  "self.mode = 'on'",
  "arg.other.up = true",
);

const actionWith = (pre: fc.Arbitrary<string>) =>
  fc.record({
    pre,
    during: fc.option(fc.constantFrom("self.up = false", "self.mode = 'idle'", "self.size = 0"), { nil: "", freq: 2 }),
    effect: fc.uniqueArray(assignment, { minLength: 1, maxLength: 2, selector: (text) => text.slice(0, 9) }),
    locks: fc.subarray(["arg.other", "shared"]),
    canFail: fc.boolean(),
  });

const boundArgument = fc.oneof(
  fc.constant({ before: "size" }),
  fc.constant({ arg: "size" }),
  fc.nat(3).map((literalSize) => ({ literal: literalSize })),
);

/** How an action is undone: by putting back what its target was, by another action, with a call behind it, or not. */
const compensation = fc.record({
  kind: fc.constantFrom("none", "own", "own", "own", "other", "behind"),
  action: fc.nat(2),
  size: boundArgument,
  then: fc.nat(2),
  thenBox: fc.constantFrom(...objects),
  thenSize: boundArgument,
});

const sketch = fc.record({
  kind: fc.constantFrom("act", "act", "act", "act", "look", "approve", "wait", "back"),
  action: fc.nat(2),
  target: fc.constantFrom(...objects),
  other: fc.constantFrom(...objects),
  size: fc.nat(3),
  after: fc.array(fc.nat(4), { maxLength: 2 }),
  followsLast: fc.boolean(),
  outcome: fc.nat(3),
  branches: fc.boolean(),
  rollsBack: fc.boolean(),
  expect: fc.option(anyAtom, { nil: "", freq: 5 }),
});

const action = actionWith(fc.option(guardOf("self", "arg.other"), { nil: "", freq: 2 }));
// Most plans get to their ways back if few actions have a precondition.
const freeAction = actionWith(fc.oneof({ weight: 5, arbitrary: fc.constant("") }, guardOf("self", "arg.other")));

const anyCase = fc.record({
  actions: fc.tuple(action, action, action),
  compensations: fc.tuple(compensation, compensation, compensation),
  invariants: fc.array(guardOf(), { maxLength: 2 }),
  goal: fc.option(anyAtom, { nil: "" }),
  facts: fc.array(fc.tuple(fc.boolean(), fc.nat(3), fc.constantFrom("on", "idle", "off")), {
    minLength: 3,
    maxLength: 3,
  }),
  steps: fc.array(sketch, { minLength: 1, maxLength: 5 }),
});
const caseWithWaysBack = fc
  .tuple(anyCase, fc.tuple(freeAction, freeAction, freeAction), fc.boolean())
  .map(([given, actions, isAsked]) => ({ ...given, actions, goal: isAsked ? given.goal : "" }));
type Case = typeof anyCase extends fc.Arbitrary<infer T> ? T : never;

/** A case in which nothing is ever undone. */
function withoutWaysBack(given: Case): Case {
  const steps = given.steps.map((of) => {
    const kind = of.kind === "back" ? ("act" as const) : of.kind;
    return { ...of, kind, rollsBack: false };
  });
  const [first, second, third] = given.compensations.map((of) => ({ ...of, kind: "none" as const }));
  return first === undefined || second === undefined || third === undefined
    ? given
    : { ...given, steps, compensations: [first, second, third] };
}

function compensationOf({ compensations }: Case, index: number): Readonly<Record<string, JsonValue>> {
  const of = compensations[index];
  if (of === undefined || of.kind === "none") return {};
  const args = { other: { arg: "other" }, size: of.size };
  if (of.kind === "other") return { compensate: { action: `box.do${of.action}`, args } };
  const own = { action: `box.do${index}`, args: { other: { arg: "other" }, size: { before: "size" } } };
  if (of.kind === "own") return { compensate: own };
  const behind = { box: { literal: of.thenBox }, other: { arg: "other" }, size: of.thenSize };
  return { compensate: { ...own, thenRun: [{ action: `box.do${of.then}`, args: behind }] } };
}

function domainOf(given: Case): JsonValue {
  const { actions, invariants, compensations } = given;
  const call = { with: { path: ["do"] }, target: "box", timeout: "1s" };
  const input = { box: { object: "box" }, other: { object: "box" }, size: { integer: [0, 3] } };
  return {
    format: "interlock.domain/1",
    name: "random",
    version: "1",
    summary: "",
    environment: "lab",
    connections: { boxes: { connector: "http" } },
    types: {
      box: {
        facts: { up: "boolean", size: { integer: [0, 3] }, mode: ["on", "idle", "off"] },
        observe: {
          uses: "boxes/get",
          with: { path: [{ $target: "id" }] },
          facts: { up: "/up", size: "/size", mode: "/mode" },
          fingerprint: ["/id"],
          fence: "/etag",
        },
      },
    },
    inventory: { box: Object.fromEntries(objects.map((id) => [id, {}])) },
    invariants: Object.fromEntries(invariants.map((holds, index) => [`i${index}`, holds])),
    actions: {
      ...Object.fromEntries(
        actions.map(({ pre, during, effect, locks, canFail }, index) => [
          `box.do${index}`,
          {
            ...call,
            input,
            class: "irreversible",
            idempotency: "none",
            uses: "boxes/post",
            ...(pre === "" ? {} : { pre }),
            ...(during === "" ? {} : { during: [during] }),
            effect: ["own", "behind"].includes(compensations[index]?.kind ?? "") ? ["self.size = arg.size"] : effect,
            locks,
            ...compensationOf(given, index),
            onFailure: canFail ? "branch" : "stop",
          },
        ]),
      ),
      "box.look": {
        ...call,
        input: { box: { object: "box" } },
        class: "read",
        uses: "boxes/get",
        outcomes: [
          { name: "yes", when: "output.body.yes" },
          { name: "no", when: "!output.body.yes" },
        ],
      },
    },
  };
}

function stepsOf({ steps, actions }: Case): readonly ProposedStep[] {
  const outcomes = (index: number): readonly string[] => {
    const { kind, action: of, branches } = steps[index] ?? { kind: "wait", action: 0, branches: false };
    if (kind === "look") return ["yes", "no", "none_of_these", "no_answer"];
    if (kind === "approve") return ["approved", "approved", "rejected", "expired"];
    return kind === "act" && branches && actions[of]?.canFail === true ? ["done", "failed"] : [];
  };
  return steps.map((of, index) => {
    const earlier = new Set(of.after.filter((at) => at < index));
    if (of.followsLast && index > 0) earlier.add(index - 1);
    const asked = [...earlier].find((at) => outcomes(at).length > 0);
    const links = {
      after: [...earlier].map((at) => `s${at}`),
      when: asked === undefined ? "" : `s${asked} == '${outcomes(asked)[of.outcome % outcomes(asked).length]}'`,
    };
    const box = literal("box", of.target);
    const onFailure = of.rollsBack ? "rollback" : "stop";
    if (of.kind === "look")
      return step(`s${index}`, { ...links, kind: "probe", action: "box.look", args: [box], onFailure });
    if (of.kind === "back" && asked !== undefined)
      return step(`s${index}`, { ...links, kind: "end", args: [literal("world", "rollback")], onFailure: "stop" });
    if (of.kind === "approve")
      return step(`s${index}`, { ...links, kind: "approve", args: [literal("question", "go on?")] });
    if (of.kind === "wait") return step(`s${index}`, { ...links, kind: "wait", args: [literal("forMs", 5)] });
    // An action that sets one fact twice means nothing.
    const other = of.other === of.target ? objects.find((id) => id !== of.target) : of.other;
    return step(`s${index}`, {
      ...links,
      action: `box.do${of.action}`,
      args: [box, literal("other", other ?? of.other), literal("size", of.size)],
      // Beside an ending that undoes everything a write need not come to what it expects.
      expect: of.expect === "" || steps.some(({ kind }) => kind === "back") ? [] : [of.expect],
      onFailure: outcomes(index).length > 0 ? "branch" : onFailure,
    });
  });
}

function factsOf({ facts }: Case): Readonly<Record<string, FactValue>> {
  return Object.fromEntries(
    objects.flatMap((id, index) => factNames.map((name, at) => [`box.${id}.${name}`, facts[index]?.[at] ?? 0])),
  );
}

/** What both say: the gate's codes, and the interpreter's verdict. */
function askBoth(given: Case): { readonly gate: readonly string[]; readonly verdict: ReturnType<typeof judge> } | null {
  const data = domainOf(given);
  const domain = parseDomain(data);
  if (!domain.ok) return null;
  const proposal = proposalOf(stepsOf(given), { goal: given.goal });
  const facts = factsOf(given);
  const request = requestOf(proposal, { domain: domain.value });
  const draft = draftPlan(request);
  const gate = draft.ok
    ? findEffectProblems(compileOrThrow(request, facts), { domain: domain.value, proposal }).map(({ code }) => code)
    : draft.error.map(({ code }) => code);
  return { gate, verdict: judge({ domain: readDeclarations(data), facts, proposal }) };
}

const numRuns = Number(process.env["DIFFERENTIAL_RUNS"] ?? 200);
const seed = Number(process.env["DIFFERENTIAL_SEED"] ?? 7);

interface Seen {
  harmful: number;
  harmless: number;
  foreseen: number;
  undone: number;
  refused: number;
}

/** Asks both about random cases. Nothing harmful may be accepted, and what effects refuse has to be harmful. */
function compare(cases: fc.Arbitrary<Case>, count: number): Seen {
  const seen: Seen = { harmful: 0, harmless: 0, foreseen: 0, undone: 0, refused: 0 };
  fc.assert(
    fc.property(cases, (given) => {
      const both = askBoth(given);
      if (both === null) return;
      const { gate, verdict } = both;
      if (verdict.kind === "harmful") seen.harmful += 1;
      // How a plan with a way back may end is a rule of the language, which the interpreter does not know.
      const mayTurn = given.steps.some(({ kind, rollsBack }) => kind === "back" || rollsBack);
      const isPlan = !mayTurn || gate.every((code) => code.startsWith("E_EFFECT_"));
      if (verdict.kind === "harmless" && isPlan) seen.harmless += 1;
      if (gate.length === 0) expect(verdict).toMatchObject({ kind: "harmless" });
      const isForeseen = gate.some((code) => code.startsWith("E_EFFECT_") && code !== "E_EFFECT_LIMIT");
      if (isForeseen) seen.foreseen += 1;
      if (gate.some((code) => code.startsWith("E_EFFECT_UNDO_"))) seen.undone += 1;
      if (isForeseen) expect(verdict).toMatchObject({ kind: "harmful" });
      if (verdict.kind === "harmless" && isPlan && gate.length > 0) seen.refused += 1;
      if (verdict.kind === "harmless" && isPlan) expect(gate.filter((code) => code !== "E_EFFECT_LIMIT")).toEqual([]);
    }),
    { numRuns: count, seed },
  );
  return seen;
}

describe("the gate and the interpreter of harm, over random domains", () => {
  it("agree: nothing harmful is accepted, and what effects refuse is harmful", { timeout: 120_000 }, () => {
    const seen = compare(anyCase.map(withoutWaysBack), numRuns);

    expect(Math.min(seen.harmful, seen.harmless, seen.foreseen)).toBeGreaterThan(numRuns / 40);
  });

  it("agree on ways back too", { timeout: 120_000 }, () => {
    const seen = compare(caseWithWaysBack, numRuns);

    expect(Math.min(seen.harmful, seen.harmless)).toBeGreaterThan(numRuns / 40);
    expect(seen.undone).toBeGreaterThan(numRuns / 100);
    expect(seen.refused / seen.harmless).toBeLessThanOrEqual(0.02);
  });
});
