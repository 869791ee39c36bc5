import { describe, expect, it } from "vitest";
import type { FactValue } from "../../src/core/domain/domain.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import { isCallStep } from "../../src/core/plan/kinds/index.ts";
import type { Plan } from "../../src/core/plan/plan.ts";
import type { ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import { outlookOf, tellUndecided } from "../../src/core/proof/outlook.ts";
import type { Problem } from "../../src/core/value/codes.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import type { Result } from "../../src/core/value/result.ts";
import { followEffects } from "../../src/flow/plan/check-effects.ts";
import { compileOrThrow, literal, proposalOf, requestOf, step } from "../support/proposals.ts";

/* Preconditions of a way back that hang on facts of which nobody knows what they will be then. */

const write = {
  uses: "nodes/put",
  with: { path: ["node"] },
  target: "node",
  class: "reversible",
  onFailure: "rollback",
};
const input = { node: { object: "node" } };

const domain = {
  format: "interlock.domain/1",
  name: "nodes",
  version: "1",
  summary: "Nodes that serve and have a load, which is measured.",
  environment: "lab",
  connections: { nodes: { connector: "http" } },
  types: {
    node: {
      facts: { serving: "boolean", load: ["low", "high"], cache: ["cold", "warm"] },
      observe: {
        uses: "nodes/get",
        with: { path: [{ $target: "id" }] },
        facts: { serving: "/serving", load: "/load", cache: "/cache" },
        fingerprint: ["/serving", "/cache"],
      },
    },
  },
  inventory: { node: { a: {}, b: {} } },
  actions: {
    "node.stop": { ...write, input, effect: ["self.serving = false"], compensate: { action: "node.start" } },
    "node.start": {
      ...write,
      input,
      pre: "self.load == 'low' && !self.serving",
      effect: ["self.serving = true"],
      compensate: { action: "node.stop" },
    },
    "node.fill": {
      ...write,
      input,
      effect: ["self.cache = 'warm'"],
      compensate: { action: "node.empty", thenRun: [{ action: "node.rest", args: {} }] },
    },
    "node.empty": { ...write, input, effect: ["self.cache = 'cold'"], compensate: { action: "node.fill" } },
    "node.rest": {
      ...write,
      input,
      pre: "self.load == 'low'",
      effect: ["self.serving = true"],
      compensate: { action: "node.stop" },
    },
  },
};

const facts: Readonly<Record<string, FactValue>> = {
  "node.a.serving": true,
  "node.a.load": "low",
  "node.a.cache": "cold",
  "node.b.serving": true,
  "node.b.load": "low",
  "node.b.cache": "cold",
};

const act = (id: string, verb: string, node: string, after: readonly string[] = []): ProposedStep =>
  step(id, { action: `node.${verb}`, args: [literal("node", node)], onFailure: "rollback", after: [...after] });
const pause = (after: string): ProposedStep =>
  step("w", { kind: "wait", args: [literal("forMs", 600_000)], after: [after] });

function follow(
  steps: readonly ProposedStep[],
  change: Readonly<Record<string, FactValue>> = {},
  text: JsonValue = domain,
): Result<Plan, readonly Problem[]> {
  const parsed = parseDomain(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const proposal = proposalOf(steps);
  const plan = compileOrThrow(requestOf(proposal, { domain: parsed.value }), { ...facts, ...change });
  const followed = followEffects(plan, { domain: parsed.value, proposal });
  return followed.ok ? { ok: true, value: followed.value.plan } : followed;
}

/** What a plan says that nobody knows on its way back, by step. */
function openIn(...given: Parameters<typeof follow>): readonly string[] {
  const followed = follow(...given);
  if (!followed.ok) return followed.error.map(({ code }) => code);
  return followed.value.steps
    .filter(isCallStep)
    .flatMap(({ id, compensation }) => [
      ...(compensation?.openPre ?? []).map((part) => `${id}: ${part}`),
      ...(compensation?.thenRun ?? []).flatMap(({ openPre = [] }, at) =>
        openPre.map((part) => `${id}, then ${at}: ${part}`),
      ),
    ]);
}

describe("a plan names the parts of a precondition that nobody knows when its way back is sent", () => {
  const [stop, fill] = [act("s", "stop", "a"), act("f", "fill", "b", ["s"])];

  it("after a wait, where a measurement may have changed, and not the part that the plan itself makes true", () => {
    expect(openIn([stop, pause("s"), act("f", "stop", "b", ["w"])])).toEqual([
      "s: node.a.load == 'low'",
      "f: node.b.load == 'low'",
    ]);
  });

  it("where the fact was not read", () => {
    const parsed = parseDomain(domain);
    if (!parsed.ok) return expect.fail();
    const proposal = proposalOf([stop, fill]);
    const plan = compileOrThrow(requestOf(proposal, { domain: parsed.value }), facts);
    const targets = plan.pins.targets.map((pin) => ({
      ...pin,
      facts: pin.facts.filter(({ name }) => name !== "node.a.load"),
    }));

    const followed = followEffects({ ...plan, pins: { ...plan.pins, targets } }, { domain: parsed.value, proposal });

    expect(followed).toMatchObject({
      ok: true,
      value: { plan: { steps: [{ compensation: { openPre: ["node.a.load == 'low'"] } }, {}, {}] } },
    });
  });

  it("for what runs after an undo", () => {
    expect(openIn([act("f", "fill", "a"), pause("f"), act("g", "stop", "b", ["w"])])).toContain(
      "f, then 0: node.a.load == 'low'",
    );
  });

  it("and nothing where all is known: such a plan has the hash that it had", () => {
    expect(openIn([stop, fill])).toEqual([]);
  });

  it("and is refused where a part is false for certain", () => {
    expect(openIn([stop, fill], { "node.a.load": "high" })).toContain("E_EFFECT_UNDO_PRE");
  });
});

it("the outlook lists each of them with the fact and the reason", () => {
  const followed = follow([act("s", "stop", "a"), pause("s"), act("f", "fill", "b", ["w"])]);
  if (!followed.ok) return expect.fail();

  const { undecided } = outlookOf(followed.value);

  expect(undecided.map((open) => [open.kind, open.name, open.condition, tellUndecided(open)])).toContainEqual([
    "undo_pre",
    "s",
    "node.a.load == 'low'",
    "`node.a.load` is a measurement",
  ]);
});

describe("a precondition that is false once its own step has done all that it declares", () => {
  const contrary: JsonValue = {
    ...domain,
    actions: {
      ...domain.actions,
      "node.stop": { ...domain.actions["node.stop"], compensate: { action: "node.restart" } },
      "node.restart": { ...domain.actions["node.start"], pre: "self.serving" },
    },
  };

  it("is named, because the step may fail after that and is then undone", () => {
    const followed = follow([act("s", "stop", "a")], {}, contrary);
    if (!followed.ok) return expect.fail();

    expect(outlookOf(followed.value).undecided.map((open) => [open.name, open.condition, tellUndecided(open)])).toEqual(
      [["s", "node.a.serving", "it is false where the step fails although it has done all that it declares"]],
    );
  });

  it("is refused where another step may fail behind it", () => {
    expect(openIn([act("s", "stop", "a"), act("f", "fill", "b", ["s"])], {}, contrary)).toContain("E_EFFECT_UNDO_PRE");
  });
});
