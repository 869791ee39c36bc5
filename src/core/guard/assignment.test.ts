import { expect, it } from "vitest";
import { parseAssignment, typeAssignment } from "./assignment.ts";
import { createScope } from "./guard-type.fixture.ts";
import type { GuardType } from "./guard-type.ts";

const scope = createScope(
  new Map<string, GuardType>([
    ["target.state", { kind: "values", values: ["up", "down"] }],
    ["target.load", { kind: "integer", min: 0, max: 10 }],
    ["target.ready", { kind: "boolean" }],
    ["input.state", { kind: "values", values: ["up"] }],
    ["input.any", { kind: "values", values: ["up", "odd"] }],
    ["arg.load", { kind: "integer", min: 1, max: 10 }],
  ]),
);

it.each([
  ["target.state='up'", { target: ["target", "state"], value: { kind: "constant", value: "up" } }],
  ["target . load = -1", { target: ["target", "load"], value: { kind: "constant", value: -1 } }],
  ["target.ready = false", { target: ["target", "ready"], value: { kind: "constant", value: false } }],
  ["target['x y'].z = input.state", { target: ["target", "x y", "z"], value: { kind: "input", name: "state" } }],
  ["a = arg['new-load']", { target: ["a"], value: { kind: "argument", name: "new-load" } }],
])("%j is read", (text, assignment) => {
  expect(parseAssignment(text)).toEqual({ ok: true, value: assignment });
});

it.each([
  ["target.state == 'up'", "E_GUARD_PARSE"],
  ["target.state", "E_GUARD_PARSE"],
  ["'a' = 'b'", "E_GUARD_PARSE"],
  ["a = b.c", "E_GUARD_PARSE"],
  ["a = input", "E_GUARD_PARSE"],
  ["a = input.x.y", "E_GUARD_PARSE"],
  ["a = !true", "E_GUARD_PARSE"],
  ["a = 'x' && b", "E_GUARD_PARSE"],
  ["a = 1 = 2", "E_GUARD_PARSE"],
  ["a = now()", "E_GUARD_NONDETERMINISTIC"],
  ["a = b.matches('x')", "E_GUARD_REGEX"],
  ["", "E_GUARD_PARSE"],
])("%j is refused with %s", (text, code) => {
  expect(parseAssignment(text, "/effect/0")).toMatchObject({ ok: false, error: [{ code, pointer: "/effect/0" }] });
});

it.each([
  "target.state = 'down'",
  "target.load = 10",
  "target.ready = true",
  "target.state = input.state",
  "target.load = arg.load",
])("%j always fits", (text) => {
  const parsed = parseAssignment(text);

  expect(parsed.ok && typeAssignment(parsed.value, scope).ok).toBe(true);
});

it.each([
  ["target.state = 'odd'", "E_GUARD_TYPE"],
  ["target.load = 11", "E_GUARD_TYPE"],
  ["target.ready = 'true'", "E_GUARD_TYPE"],
  ["target.state = input.any", "E_GUARD_TYPE"],
  ["target.ready = arg.load", "E_GUARD_TYPE"],
  ["target.stat = 'up'", "E_GUARD_NAME"],
  ["target.state = input.nothing", "E_GUARD_NAME"],
])("%j is refused with %s", (text, code) => {
  const parsed = parseAssignment(text);

  expect(parsed.ok && typeAssignment(parsed.value, scope, "/effect/0")).toMatchObject({
    ok: false,
    error: [{ code, pointer: "/effect/0" }],
  });
});
