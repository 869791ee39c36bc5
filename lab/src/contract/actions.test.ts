import { describe, expect, it } from "vitest";

import { ACTIONS, parseAction, RESPONSES, RIGHT_RESPONSES } from "./actions.ts";
import { FAULT_NAMES } from "./faults.ts";

describe("parseAction", () => {
  it("every response's action is one the API takes", () => {
    for (const response of Object.values(RESPONSES)) {
      if (response === undefined) continue;
      const { kind, ...body } = response;
      expect(parseAction(kind, body)).toEqual({ ok: true, value: response });
    }
  });

  it.each([
    ["an action that does not exist", "drop_database", {}],
    ["a body that is no object", "scale", [6]],
    ["a missing argument", "scale", {}],
    ["a number out of its limits", "scale", { workerCount: 7 }],
    ["a fraction where a whole number is due", "scale", { workerCount: 4.5 }],
    ["a number given as text", "scale", { workerCount: "6" }],
    ["a role that does not exist", "terminate_sessions", { role: "lab_admin", countMax: 1 }],
    ["an argument nobody declared", "roll_back", { force: true }],
    ["a truth value that is none", "set_flag", { isOn: 1 }],
    ["not a number", "throttle", { perSecond: Number.NaN }],
    ["a kind smuggled in as an argument", "restore_breaker", { kind: "roll_back" }],
  ])("%s is refused", (_claim, name, body) => {
    expect(parseAction(name, body).ok).toBe(false);
  });

  it("all problems are told at once", () => {
    const parsed = parseAction("terminate_sessions", { role: "root", countMax: 0, now: true });

    expect(parsed.ok ? [] : parsed.problems).toHaveLength(3);
  });
});

it("terminating sessions is the one irreversible action", () => {
  expect(ACTIONS.filter((action) => action.class === "irreversible").map((action) => action.name)).toEqual([
    "terminate_sessions",
  ]);
});

it("every fault names a right response, and none is right and wrong at once", () => {
  for (const fault of FAULT_NAMES) {
    const { right, wrong } = RIGHT_RESPONSES[fault];
    expect(right.length).toBeGreaterThan(0);
    expect(right.filter((response) => wrong.includes(response))).toEqual([]);
  }
});
