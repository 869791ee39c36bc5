import { describe, expect, it } from "vitest";
import type { Capability } from "../ports.ts";
import { builtInRule } from "./built-in-rule.ts";

const all: readonly Capability[] = [
  "trust",
  "propose",
  "read",
  "approve",
  "grant",
  "apply",
  "stop",
  "kill",
  "resolve",
  "rollback",
  "freeze",
  "test_actions",
];

function permitted(kind: "person" | "agent" | "service"): readonly Capability[] {
  return all.filter(
    (capability) =>
      builtInRule.authorize({ principal: { kind, id: "x", keyId: null }, capability, resource: "*", context: {} })
        .kind === "permit",
  );
}

describe("the built-in rule", () => {
  it("lets a person ask for everything", () => {
    expect(permitted("person")).toEqual(all);
  });

  it("lets an agent propose and read, and nothing else (I17)", () => {
    expect(permitted("agent")).toEqual(["propose", "read"]);
  });

  it("lets a service run what people approved and stop it, and never approve (I17)", () => {
    expect(permitted("service")).toEqual(["propose", "read", "apply", "stop"]);
  });

  it("says with a code who may not do what", () => {
    expect(
      builtInRule.authorize({
        principal: { kind: "agent", id: "x", keyId: null },
        capability: "test_actions",
        resource: "*",
        context: {},
      }),
    ).toMatchObject({ kind: "forbid", problem: { code: "E_NOT_PERMITTED", message: "an agent may not test actions" } });
  });
});
