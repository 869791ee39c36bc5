import { describe, expect, it } from "vitest";
import type { FactValue } from "../../src/core/domain/domain.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import type { ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { findEffectProblems } from "../../src/flow/plan/check-effects.ts";
import { compileOrThrow, literal, proposalOf, requestOf, step } from "../support/proposals.ts";

const write = { uses: "nodes/put", with: { path: ["node"] }, target: "node", onFailure: "rollback" };
const reversible = { ...write, class: "reversible", idempotency: "natural" };
const node = { node: { object: "node" } };
const release = { ...node, release: { releases: ["1", "2", "3"] } };

const domain: JsonValue = {
  format: "interlock.domain/1",
  name: "nodes",
  version: "1",
  summary: "Two nodes that serve, each with a release, and a file that a service reads.",
  environment: "lab",
  connections: { nodes: { connector: "http" } },
  types: {
    node: {
      facts: {
        serving: "boolean",
        release: { releases: ["1", "2", "3"] },
        file: ["old", "new"],
        loaded: ["old", "new"],
      },
      observe: {
        uses: "nodes/get",
        with: { path: [{ $target: "id" }] },
        facts: { serving: "/serving", release: "/release", file: "/file", loaded: "/loaded" },
        fingerprint: ["/id"],
        fence: "/etag",
      },
    },
  },
  inventory: { node: { a: {}, b: {} } },
  invariants: {
    somebody_serves: "inventory.node.exists(n, n.serving)",
    two_of_three: "inventory.node.all(n, n.release != '3' || n.loaded == 'new')",
  },
  actions: {
    "node.stop": {
      ...reversible,
      input: node,
      effect: ["self.serving = false"],
      compensate: { action: "node.start" },
    },
    "node.start": {
      ...reversible,
      input: node,
      effect: ["self.serving = true"],
      compensate: { action: "node.stop" },
    },
    // Takes effect at once. Only its undo needs a restart.
    "node.deploy": {
      ...reversible,
      input: release,
      effect: ["self.release = arg.release"],
      compensate: { action: "node.reinstall", args: { release: { before: "release" } } },
    },
    "node.reinstall": {
      ...reversible,
      input: release,
      during: ["self.serving = false"],
      effect: ["self.release = arg.release", "self.serving = true"],
      compensate: { action: "node.reinstall", args: { release: { before: "release" } } },
    },
    // The same action is its undo, and it never goes down.
    "node.raise": {
      ...reversible,
      input: release,
      pre: "arg.release >= self.release",
      effect: ["self.release = arg.release"],
      compensate: { action: "node.raise", args: { release: { before: "release" } } },
    },
    // Its undo knows one release alone.
    "node.try": {
      ...reversible,
      input: release,
      effect: ["self.release = arg.release"],
      compensate: { action: "node.raise", args: { release: { literal: "1" } } },
    },
    "node.edit": {
      ...reversible,
      input: { ...node, file: ["old", "new"] },
      effect: ["self.file = arg.file"],
      compensate: {
        action: "node.edit",
        args: { file: { before: "file" } },
        thenRun: [{ action: "node.load", args: { file: { before: "file" } } }],
      },
    },
    "node.load": {
      ...reversible,
      input: { ...node, file: ["old", "new"] },
      effect: ["self.loaded = arg.file"],
      compensate: { action: "node.load", args: { file: { before: "loaded" } } },
    },
    "node.keep": {
      ...reversible,
      input: node,
      effect: ["self.serving = true"],
      compensate: { action: "node.mark" },
    },
    "node.mark": {
      ...reversible,
      input: node,
      effect: ["self.loaded = 'new'"],
      compensate: { action: "node.halt" },
    },
    "node.halt": {
      ...reversible,
      input: node,
      effect: ["self.loaded = 'new'", "self.serving = false"],
      compensate: { action: "node.keep" },
    },
    "node.wipe": { ...write, input: node, class: "irreversible", idempotency: "none", effect: ["self.file = 'old'"] },
    "node.look": {
      uses: "nodes/get",
      with: { path: ["node"] },
      target: "node",
      input: node,
      class: "read",
      outcomes: [{ name: "well", when: "output.body.well" }],
    },
  },
};

const facts: Readonly<Record<string, FactValue>> = Object.fromEntries(
  ["a", "b"].flatMap((id) => [
    [`node.${id}.serving`, true],
    [`node.${id}.release`, "2"],
    [`node.${id}.file`, "old"],
    [`node.${id}.loaded`, "old"],
  ]),
);

/** `deploy a 3`: a write by its verb, its node and its value. */
function act(text: string, change: Partial<ProposedStep> = {}): ProposedStep {
  const [verb = "", id = "", value] = text.split(" ");
  const name = ["edit", "load"].includes(verb) ? "file" : "release";
  const args = [literal("node", id), ...(value === undefined ? [] : [literal(name, value)])];
  return step(verb, { action: `node.${verb}`, args, onFailure: "rollback", ...change });
}

const behind = (...ids: readonly string[]): Partial<ProposedStep> => ({ after: [...ids] });

function problemsOf(steps: readonly ProposedStep[], change: Readonly<Record<string, FactValue>> = {}) {
  const parsed = parseDomain(domain);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const proposal = proposalOf(steps);
  const plan = compileOrThrow(requestOf(proposal, { domain: parsed.value }), { ...facts, ...change });
  return findEffectProblems(plan, { domain: parsed.value, proposal });
}

function codesOf(...given: Parameters<typeof problemsOf>): readonly string[] {
  return problemsOf(...given).map(({ code, pointer }) => `${code} ${pointer}`);
}

describe("an invariant on the way back", () => {
  const steps = [act("stop b"), act("deploy a 3", behind("stop")), act("edit b new", behind("deploy"))];
  const free = { "node.a.loaded": "new" };

  it("is held while an undo is under way: the plan is refused with where it begins and what is undone", () => {
    const [first, ...more] = problemsOf(steps, free);

    expect(more).toEqual([]);
    expect(first).toMatchObject({
      code: "E_EFFECT_UNDO_INVARIANT",
      pointer: "/steps/1",
      message:
        "the invariant `somebody_serves` is false during `node.reinstall`, which undoes `deploy`, " +
        "when `deploy` fails after it was sent: `node.a.serving || node.b.serving`; " +
        "found `node.a.serving` = false, `node.b.serving` = false",
    });
    expect(first?.hint).toContain("let `deploy` escalate when it fails");
  });

  it("is not broken where the other node still serves, or where nothing begins the way back", () => {
    const escalating = steps.map((one) => ({ ...one, onFailure: "escalate" as const }));

    expect(
      codesOf(
        steps.slice(1).map((one) => ({ ...one, after: [] })),
        free,
      ),
    ).toEqual([]);
    expect(codesOf(escalating, free)).toEqual([]);
  });

  it("is broken by the failure of a later step too, and by an ending that asks for the way back", () => {
    const later = steps.map((one, at) => (at === 2 ? one : { ...one, onFailure: "escalate" as const }));
    const ending = [
      ...steps.slice(0, 2).map((one) => ({ ...one, onFailure: "escalate" as const })),
      step("look", { kind: "probe", action: "node.look", args: [literal("node", "a")], ...behind("deploy") }),
      step("back", {
        kind: "end",
        when: "look != 'well'",
        args: [literal("world", "rollback")],
        ...behind("look"),
      }),
      step("well", { kind: "end", when: "look == 'well'", ...behind("look") }),
    ];

    expect(problemsOf(later, free)[0]?.message).toContain("when `edit` fails: ");
    expect(problemsOf(ending, free)[0]?.message).toContain("when the plan ends at `back`");
  });

  it("is not reached behind a write that has no way back", () => {
    const escalating = [...steps.slice(0, 2), act("wipe a", behind("deploy"))].map((one) => ({
      ...one,
      onFailure: "escalate" as const,
    }));

    expect(codesOf([...escalating, act("edit b new", behind("wipe"))], free)).toEqual([]);
    // The write without a way back may fail before it was sent.
    expect(codesOf([...escalating.slice(0, 2), act("wipe a", behind("deploy"))], free)).toEqual([
      "E_EFFECT_UNDO_INVARIANT /steps/1",
    ]);
  });
});

describe("the precondition of an undo", () => {
  it("is refused where it is false for certain when the undo is sent", () => {
    const steps = [act("raise a 3"), act("edit b new", behind("raise"))];

    const [first] = problemsOf(steps, { "node.a.loaded": "new" });

    expect(first).toMatchObject({ code: "E_EFFECT_UNDO_PRE", pointer: "/steps/0" });
    expect(first?.message).toContain(
      "`node.raise`, which undoes `raise`, is sent although its precondition is false, when `edit` fails: ",
    );
    expect(first?.message).toContain("found `node.a.release` = '3'");
  });

  it("is not known for a step that may have changed nothing", () => {
    expect(codesOf([act("raise a 3")], { "node.a.loaded": "new" })).toEqual([]);
  });

  it("does not matter where there is nothing to undo", () => {
    expect(codesOf([act("raise a 2"), act("edit b new", behind("raise"))])).toEqual([]);
  });
});

describe("an undo that does not put back what was before", () => {
  it("is refused with what it leaves, and accepted where that is the same", () => {
    const [first] = problemsOf([act("try a 3")], { "node.a.loaded": "new" });

    expect(first).toMatchObject({
      code: "E_EFFECT_UNDO_RESTORES",
      message:
        "`node.raise`, which undoes `try`, does not put back what was there before, when `try` fails after it was " +
        "sent: `node.a.release == '2'`; found `node.a.release` = '1'",
    });
    expect(codesOf([act("try a 3")], { "node.a.loaded": "new", "node.a.release": "1" })).toEqual([]);
  });
});

describe("an undo that leaves something else changed", () => {
  it("is found where an older undo has to put that back, although its own step has changed nothing", () => {
    // The undo of `mark` also stops the node, which `keep` found serving.
    const steps = [act("keep a"), act("mark a", behind("keep"))];
    const free = { "node.a.loaded": "new" };

    expect(codesOf(steps, free)).toEqual(["E_EFFECT_UNDO_RESTORES /steps/0"]);
    expect(codesOf([act("mark a")], free)).toEqual([]);
  });
});

describe("what runs after an undo", () => {
  const reload = [act("edit a new"), act("load a new", behind("edit"))];

  it("puts right what a later step did, in the order of the way back", () => {
    expect(codesOf(reload)).toEqual([]);
  });

  it("is refused where it cannot put its facts back to what they were before the step", () => {
    const [first] = problemsOf(reload, { "node.a.file": "new", "node.a.loaded": "old" });

    expect(first).toMatchObject({ code: "E_EFFECT_UNDO_RESTORES", pointer: "/steps/0" });
    expect(first?.message).toContain("`node.load`, which runs after the undo of `edit`,");
  });
});

describe("a repair", () => {
  it("may lead back to what was wrong before it", () => {
    const wrong = { "node.a.serving": false, "node.b.serving": false };

    expect(codesOf([act("start a"), act("edit b new", behind("start"))], wrong)).toEqual([]);
  });
});
