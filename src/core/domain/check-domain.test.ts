import { describe, expect, it } from "vitest";
import { testConnectors } from "../../../test/support/connector-traits.ts";
import { readShopDomain } from "../../../test/support/read-domain.ts";
import type { JsonValue } from "../value/json-value.ts";
import { checkDomain } from "./check-domain.ts";
import { parseDomain } from "./parse-domain.ts";

const lamp = {
  facts: { lit: "boolean", level: { integer: [0, 3] } },
  observe: { uses: "c/get", fingerprint: ["/serial"], fence: "/etag" },
};
const lampOn = {
  class: "reversible",
  uses: "c/patch",
  target: "lamp",
  input: { lamp: { object: "lamp" }, level: { integer: [0, 3] } },
  effect: ["self.level = arg.level"],
  compensate: { action: "lamp.on", args: { level: { before: "level" } } },
};
const room = {
  format: "interlock.domain/1",
  name: "room",
  version: "1",
  connections: { c: { connector: "http", secrets: ["token"] } },
  types: { lamp },
  inventory: { lamp: { a: { port: 1 }, b: { port: 2 } } },
  actions: { "lamp.on": lampOn },
  invariants: {},
};

/** Codes and places of a room with one part replaced. */
function problemsOf(change: Readonly<Record<string, JsonValue>>): readonly string[] {
  const parsed = parseDomain({ ...room, ...change });
  if (!parsed.ok) return parsed.error.map((found) => `parse ${found.code} ${found.pointer}`);
  return checkDomain(parsed.value, testConnectors).map((found) => `${found.code} ${found.pointer}`);
}

function actionProblems(change: Readonly<Record<string, JsonValue>>): readonly string[] {
  const { compensate: _, ...rest } = { ...lampOn, ...change };
  const action = change["compensate"] === null ? rest : { ...lampOn, ...change };
  return problemsOf({ actions: { "lamp.on": action as JsonValue } });
}

describe("checkDomain", () => {
  it("finds nothing wrong with the shop and the room", () => {
    expect(checkDomain(readShopDomain(), testConnectors)).toEqual([]);
    expect(problemsOf({})).toEqual([]);
  });

  it("refuses a reversible write without a way back", () => {
    expect(actionProblems({ compensate: null })).toEqual(["E_COMP_MISSING /actions/lamp.on"]);
  });

  it("refuses a write that nothing reads back", () => {
    expect(actionProblems({ class: "irreversible", effect: [], compensate: null })).toEqual([
      "E_DOMAIN_POST /actions/lamp.on",
    ]);
  });

  it("refuses facts that nothing can read", () => {
    const { observe: _, ...blind } = lamp;

    expect(problemsOf({ types: { lamp: blind } })).toEqual([
      "E_DOMAIN_OBSERVE /types/lamp",
      "E_DOMAIN_OBSERVE /actions/lamp.on",
    ]);
  });

  it("refuses an object that nothing identifies", () => {
    expect(problemsOf({ types: { lamp: { ...lamp, observe: { uses: "c/get" } } } })).toEqual([
      "E_DOMAIN_OBSERVE /types/lamp/observe",
    ]);
  });

  it("refuses a read through an operation that can write (I13)", () => {
    const read = { class: "read", uses: "c/post", input: {} };

    expect(problemsOf({ actions: { look: read } })).toEqual(["E_DOMAIN_READ /actions/look/uses"]);
  });

  it("refuses a compensation whose argument would not accept every earlier value", () => {
    expect(actionProblems({ input: { lamp: { object: "lamp" }, level: { integer: [1, 3] } } })).toEqual([
      "E_ARG_SCHEMA /actions/lamp.on/compensate/args/level",
    ]);
  });

  it("refuses a compensation that would act on another object", () => {
    const compensate = { action: "lamp.on", args: { level: { before: "level" }, lamp: { literal: "b" } } };

    expect(actionProblems({ compensate })).toEqual(["E_COMP_TARGET /actions/lamp.on/compensate/args/lamp"]);
  });

  describe("a way back of a worse class than the way forth", () => {
    const wayBack = (name: string): JsonValue => ({ ...lampOn, compensate: { action: name } });
    const remove = {
      uses: "c/delete",
      target: "lamp",
      input: { lamp: { object: "lamp" } },
      effect: ["self.lit = false"],
    };
    const refusal = ["E_COMP_CLASS /actions/lamp.on/compensate/action"];

    it.each([
      ["a delete, declared irreversible", { "lamp.on": wayBack("gone"), gone: { ...remove, class: "irreversible" } }],
      ["an action that declares no class", { "lamp.on": wayBack("gone"), gone: remove }],
      [
        "an irreversible action that names a way back itself, to the action that it undoes",
        {
          "lamp.on": wayBack("gone"),
          gone: {
            ...remove,
            class: "irreversible",
            compensate: { action: "lamp.on", args: { level: { before: "level" } } },
          },
        },
      ],
    ] as const)("is refused: %s", (_, actions) => {
      expect(problemsOf({ actions: actions as unknown as JsonValue })).toEqual(refusal);
    });

    it("is told with both actions and both classes", () => {
      const parsed = parseDomain({ ...room, actions: { "lamp.on": wayBack("gone"), gone: remove } as JsonValue });

      expect(parsed.ok && checkDomain(parsed.value, testConnectors)[0]?.message).toBe(
        "`lamp.on` is reversible, and `gone`, which undoes it, is irreversible",
      );
    });

    it("is none where the way forth is irreversible itself, or the way back is reversible", () => {
      const forth = { ...lampOn, class: "irreversible", compensate: { action: "gone" } };
      const back = {
        ...remove,
        class: "reversible",
        compensate: { action: "lamp.on", args: { level: { before: "level" } } },
      };

      expect([
        problemsOf({ actions: { "lamp.on": forth, gone: remove } as unknown as JsonValue }),
        problemsOf({ actions: { "lamp.on": wayBack("gone"), gone: back } as unknown as JsonValue }),
      ]).toEqual([[], []]);
    });
  });

  it.each([
    ["an unknown connection", { uses: "d/patch" }, ["E_DOMAIN_NAME /actions/lamp.on/uses"]],
    ["an unknown operation", { uses: "c/ptach" }, ["E_DOMAIN_NAME /actions/lamp.on/uses"]],
    ["a guard of the wrong type", { pre: "self.level == 'high'" }, ["E_GUARD_TYPE /actions/lamp.on/pre"]],
    ["a guard that is no condition", { pre: "self.level" }, ["E_GUARD_TYPE /actions/lamp.on/pre"]],
    ["a guard over an undeclared fact", { pre: "self.lid" }, ["E_GUARD_NAME /actions/lamp.on/pre"]],
    ["an effect beyond the fact's domain", { effect: ["self.level = 4"] }, ["E_GUARD_TYPE /actions/lamp.on/effect/0"]],
    [
      "an effect of an argument wider than the fact",
      { input: { lamp: { object: "lamp" }, level: { integer: [0, 9] } } },
      ["E_GUARD_TYPE /actions/lamp.on/effect/0"],
    ],
    [
      "an effect from outside the action",
      { effect: ["self.level = input.level"] },
      ["E_DOMAIN_EFFECT /actions/lamp.on/effect/0"],
    ],
    ["a `during` that is no assignment", { during: ["self.level == 1"] }, ["E_GUARD_PARSE /actions/lamp.on/during/0"]],
    ["an undeclared secret", { with: { token: { $secret: "key" } } }, ["E_DOMAIN_BINDING /actions/lamp.on/with/token"]],
    ["an undeclared argument in a template", { with: [{ $arg: "lvl" }] }, ["E_DOMAIN_BINDING /actions/lamp.on/with/0"]],
    ["a property no object has", { with: [{ $property: "host" }] }, ["E_DOMAIN_BINDING /actions/lamp.on/with/0"]],
    [
      "a binding among other keys",
      { with: { $arg: "level", extra: 1 } },
      ["E_DOMAIN_BINDING /actions/lamp.on/with/$arg"],
    ],
    ["a keyed write that sends no key", { idempotency: "keyed" }, ["E_DOMAIN_BINDING /actions/lamp.on/with"]],
    [
      "outcomes of a write",
      { outcomes: [{ name: "bright", when: "true" }] },
      ["E_DOMAIN_OUTCOME /actions/lamp.on/outcomes"],
    ],
    [
      "waves that go on after a failure where the action does not",
      { waves: { batch: 1, abortAbove: 1 } },
      ["E_DOMAIN_WAVES /actions/lamp.on/waves/abortAbove"],
    ],
    [
      "waves of a read",
      { class: "read", uses: "c/get", effect: [], compensate: null, waves: { batch: 1 } },
      ["E_DOMAIN_WAVES /actions/lamp.on/waves"],
    ],
    [
      "a lock on an argument that names no object",
      { locks: ["arg.level"] },
      ["E_DOMAIN_NAME /actions/lamp.on/locks/0"],
    ],
    [
      "an unknown compensation",
      { compensate: { action: "lamp.off" } },
      ["E_DOMAIN_NAME /actions/lamp.on/compensate/action"],
    ],
    [
      "an argument of an unknown type",
      {
        input: {
          lamp: { object: "lamp" },
          level: { integer: [0, 3] },
          x: { list: { of: { object: "lmap" }, max: 2 } },
        },
      },
      ["E_DOMAIN_NAME /actions/lamp.on/input/x", "E_ARG_MISSING /actions/lamp.on/compensate"],
    ],
  ] as const)("refuses %s", (_, change, expected) => {
    expect(actionProblems(change as unknown as Readonly<Record<string, JsonValue>>)).toEqual(expected);
  });

  it("accepts waves that stop at the first failure, and waves that go on where the action branches", () => {
    expect([
      actionProblems({ waves: { batch: "25%" } }),
      actionProblems({ onFailure: "branch", waves: { batch: 1, abortAbove: 2 } }),
    ]).toEqual([[], []]);
  });

  it("refuses an outcome that takes a reserved name, and one that is declared twice", () => {
    const outcomes = ["none_of_these", "dark", "dark"].map((name) => ({ name, when: "true" }));

    expect(problemsOf({ actions: { look: { class: "read", uses: "c/get", outcomes } } })).toEqual([
      "E_DOMAIN_OUTCOME /actions/look/outcomes/0",
      "E_DOMAIN_OUTCOME /actions/look/outcomes/2",
    ]);
  });

  it("unrolls an invariant over the inventory and types it", () => {
    expect(
      problemsOf({ invariants: { one: "inventory.lamp.exists(x, x.lit)", two: "inventory.lamp.all(x, x.lid)" } }),
    ).toEqual(["E_GUARD_NAME /invariants/two"]);
  });

  it("names what was probably meant", () => {
    const parsed = parseDomain({ ...room, actions: { "lamp.on": { ...lampOn, uses: "c/ptach" } } });

    expect(parsed.ok && checkDomain(parsed.value, testConnectors)[0]?.hint).toBe("did you mean `patch`?");
  });
});
