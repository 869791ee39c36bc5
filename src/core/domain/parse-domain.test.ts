import { describe, expect, it } from "vitest";
import { readShopDomain } from "../../../test/support/read-domain.ts";
import { canonicalText } from "../value/canonical.ts";
import type { JsonValue } from "../value/json-value.ts";
import { parseDomain } from "./parse-domain.ts";

const head = { format: "interlock.domain/1", name: "d", version: "1" };
const write = { uses: "c/put", target: "lamp", input: { lamp: { object: "lamp" } }, effect: ["self.lit = true"] };

function codesOf(value: JsonValue): readonly string[] {
  const parsed = parseDomain(value);
  return parsed.ok ? [] : parsed.error.map((problem) => `${problem.code} ${problem.pointer}`);
}

describe("parseDomain", () => {
  it("takes a domain that declares only its name for production", () => {
    const parsed = parseDomain(head);

    expect(parsed.ok && parsed.value).toMatchObject({ environment: "production", actions: [], inventory: [] });
  });

  it("takes an action without a class for irreversible, tried once, and unbounded in when it lands", () => {
    const parsed = parseDomain({ ...head, actions: { "lamp.on": write } });

    expect(parsed.ok && parsed.value.actions[0]).toMatchObject({
      class: "irreversible",
      idempotency: "none",
      retry: { attemptsMax: 1 },
      landsWithinMs: null,
      onFailure: "stop",
    });
  });

  it("asks that every declared effect is read back when an action has no post-condition", () => {
    const parsed = parseDomain({
      ...head,
      actions: { "lamp.on": { ...write, effect: ["self.lit = true", "self.level = arg.level"] } },
    });

    expect(parsed.ok && parsed.value.actions[0]?.post?.expect).toBe("self.lit == true && self.level == arg.level");
  });

  it("reads waves with one canary and no failure forgiven by default, and leaves no field without waves", () => {
    const wavesOf = (waves: JsonValue) => {
      const parsed = parseDomain({ ...head, actions: { a: { ...write, waves } } });
      return parsed.ok && parsed.value.actions[0]?.waves;
    };
    const without = parseDomain({ ...head, actions: { a: write } });

    expect([wavesOf({ batch: 5 }), wavesOf({ canary: 2, batch: "25%", abortAbove: 3 })]).toEqual([
      { canary: 1, batch: { kind: "count", count: 5 }, abortAbove: 0 },
      { canary: 2, batch: { kind: "percent", percent: 25 }, abortAbove: 3 },
    ]);
    expect(without.ok && Object.hasOwn(without.value.actions[0] ?? {}, "waves")).toBe(false);
  });

  it.each([
    [{}],
    [{ batch: 0 }],
    [{ batch: "0%" }],
    [{ batch: "101%" }],
    [{ batch: "2.5%" }],
    [{ batch: 1, canary: 0 }],
    [{ batch: 1, abortAbove: -1 }],
    [{ batch: 1, pause: "1s" }],
  ])("refuses the waves %j", (waves) => {
    expect(codesOf({ ...head, actions: { a: { ...write, waves } } })).toHaveLength(1);
  });

  it("raises the integrity a write's argument needs above that of a read's", () => {
    const parsed = parseDomain({ ...head, actions: { a: write, b: { ...write, class: "read", effect: [] } } });

    expect(parsed.ok && parsed.value.actions.map((action) => action.input[0]?.integrityMin)).toEqual([
      "proposer",
      "external",
    ]);
  });

  it("passes the target on to a compensation that leaves it out", () => {
    const shop = readShopDomain();

    const args = shop.actions.find((action) => action.name === "k8s.scale")?.compensate?.args;

    expect(args).toEqual([
      { name: "deploy", from: "arg", value: "deploy" },
      { name: "replicas", from: "before", value: "replicas" },
    ]);
  });

  it("finds a fact that `observe` does not name under its own name in the output", () => {
    const shop = readShopDomain();

    const facts = shop.types.find((type) => type.name === "deploy")?.observe?.facts;

    expect(facts?.map((fact) => [fact.fact, fact.pointer])).toEqual([
      ["phase", "/status/phase"],
      ["ready", "/status/ready"],
      ["replicas", "/replicas"],
    ]);
  });

  it("gives two files with the same meaning in another order the same canonical text", () => {
    const one = parseDomain({
      ...head,
      inventory: { lamp: { b: {}, a: null } },
      types: { lamp: { facts: { lit: "boolean", level: { integer: [0, 3] } } } },
    });
    const other = parseDomain({
      types: { lamp: { facts: { level: { integer: [0, 3] }, lit: "boolean" } } },
      inventory: { lamp: { a: {}, b: {} } },
      ...head,
    });

    expect(one.ok && other.ok && canonicalText(one.value) === canonicalText(other.value)).toBe(true);
  });

  it("reports every problem at once, each with its place", () => {
    const codes = codesOf({
      ...head,
      environment: "laboratory",
      colour: 1,
      types: { lamp: { facts: { lit: { path: 9 }, "9": "boolean" } } },
      actions: { "Lamp.On": write, "lamp.off": { ...write, target: "lmp", timeout: 30, retry: { attempts: 0 } } },
    });

    expect(codes).toEqual([
      "E_SCHEMA_UNKNOWN_FIELD /colour",
      "E_SCHEMA /environment",
      "E_NAME_CHARSET /types/lamp/facts/9",
      "E_SCHEMA /types/lamp/facts/lit",
      "E_ACTION_NAME_CHARSET /actions/Lamp.On",
      "E_SCHEMA /actions/lamp.off/timeout",
      "E_SCHEMA /actions/lamp.off/retry/attempts",
    ]);
  });

  it.each([
    ["an empty range", { integer: [3, 1] }],
    ["a word twice", ["on", "on"]],
    ["two kinds at once", { integer: [0, 1], path: 3 }],
    ["an unknown kind", { float: [0, 1] }],
    ["a word alone", "text"],
  ])("refuses %s as a type", (_, type) => {
    expect(
      codesOf({ ...head, actions: { a: { ...write, input: { lamp: { object: "lamp" }, x: type } } } }),
    ).toHaveLength(1);
  });

  it("refuses a target that is not an argument of type object", () => {
    expect(codesOf({ ...head, actions: { a: { ...write, input: { lamp: ["a", "b"] } } } })).toEqual([
      "E_DOMAIN_NAME /actions/a/target",
    ]);
  });
});
