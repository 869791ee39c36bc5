import { describe, expect, it } from "vitest";
import { testConnectors } from "../../../test/support/connector-traits.ts";
import type { JsonValue } from "../value/json-value.ts";
import { checkDomain } from "./check-domain.ts";
import { parseDomain } from "./parse-domain.ts";

const level = { integer: [0, 3] };
const observe = { uses: "c/get", fingerprint: ["/serial"], fence: "/etag" };
const bell = {
  class: "reversible",
  uses: "c/patch",
  target: "bell",
  input: { bell: { object: "bell" }, tone: level },
  effect: ["self.tone = arg.tone"],
  compensate: { action: "bell.tune", args: { tone: { before: "tone" } } },
};
const tune = { action: "bell.tune", args: { bell: { literal: "hall" }, tone: { before: "level" } } };
type Declaration = Readonly<Record<string, JsonValue>>;

/** Codes and places, below `thenRun` of the action `lamp.dim`, of a room in which that runs after its undo. */
function problemsOf(thenRun: JsonValue, actions: Readonly<Record<string, Declaration>> = {}): readonly string[] {
  const dim = {
    class: "reversible",
    uses: "c/patch",
    target: "lamp",
    input: { lamp: { object: "lamp" }, level },
    effect: ["self.level = arg.level"],
    compensate: { action: "lamp.dim", args: { level: { before: "level" } }, thenRun },
  };
  const parsed = parseDomain({
    format: "interlock.domain/1",
    name: "room",
    version: "1",
    connections: { c: { connector: "http" } },
    types: {
      lamp: { facts: { level, bright: { integer: [0, 9] }, place: ["hall", "yard"] }, observe },
      bell: { facts: { tone: level }, observe },
    },
    inventory: { lamp: { a: {}, b: {} }, bell: { hall: {}, yard: {} } },
    actions: { "lamp.dim": dim, "bell.tune": bell, ...actions },
    invariants: {},
  });
  const problems = parsed.ok ? checkDomain(parsed.value, testConnectors) : parsed.error;
  return problems.map(({ code, pointer }) => `${code} ${pointer.replace("/actions/lamp.dim/compensate/thenRun", "…")}`);
}

describe("what a domain says must run after an undo", () => {
  it("may be an action on an object of its own, or of the same type, which is passed on by itself", () => {
    expect(problemsOf([tune])).toEqual([]);
    expect(problemsOf([{ action: "lamp.blink" }], { "lamp.blink": blink() })).toEqual([]);
  });

  it("is refused if there is no such action, or if it only reads", () => {
    const look = { class: "read", uses: "c/get", input: {} };

    expect(problemsOf([{ action: "bell.toll" }])).toEqual(["E_DOMAIN_NAME …/0/action"]);
    expect(problemsOf([{ action: "look" }], { look })).toEqual(["E_DOMAIN_NAME …/0/action"]);
  });

  it("is refused if it declares no effect, because nothing would prove it", () => {
    const ring = { ...bell, class: "irreversible", effect: [], post: "self.tone == 3" };

    expect(problemsOf([{ ...tune, action: "bell.ring" }], { "bell.ring": ring })).toEqual(
      expect.arrayContaining(["E_DOMAIN_EFFECT …/0/action"]),
    );
  });

  it("is refused if its own way back names what must run, itself included", () => {
    const echo = {
      ...bell,
      compensate: { ...bell.compensate, thenRun: [{ action: "bell.tune", args: { tone: { literal: 1 } } }] },
    };

    expect(problemsOf([{ ...tune, action: "bell.echo" }], { "bell.echo": echo })).toEqual([
      "E_COMP_THEN_RUN …/0/action",
    ]);
    expect(problemsOf([{ action: "lamp.dim", args: { level: { before: "level" } } }])).toEqual([
      "E_COMP_THEN_RUN …/0/action",
    ]);
  });

  it("is refused if it cannot be undone and the step can", () => {
    const melt = { ...bell, class: "irreversible" };

    expect(problemsOf([{ ...tune, action: "bell.melt" }], { "bell.melt": melt })).toEqual(["E_COMP_CLASS …/0/action"]);
  });

  it.each([
    [
      "an argument that the action does not have",
      { ...tune.args, volume: { literal: 1 } },
      "E_ARG_UNKNOWN …/0/args/volume",
    ],
    ["an argument that is missing", { bell: { literal: "hall" } }, "E_ARG_MISSING …/0"],
    ["an object that it does not name", { tone: { before: "level" } }, "E_ARG_MISSING …/0"],
    [
      "an object that is not in the inventory",
      { ...tune.args, bell: { literal: "attic" } },
      "E_ARG_SCHEMA …/0/args/bell",
    ],
    ["a value out of its range", { ...tune.args, tone: { literal: 7 } }, "E_ARG_SCHEMA …/0/args/tone"],
    [
      "an argument of the step that there is not",
      { ...tune.args, tone: { arg: "loud" } },
      "E_DOMAIN_NAME …/0/args/tone",
    ],
    [
      "an argument of the step that does not fit",
      { ...tune.args, tone: { arg: "lamp" } },
      "E_ARG_SCHEMA …/0/args/tone",
    ],
    ["a fact that the target does not have", { ...tune.args, tone: { before: "tone" } }, "E_DOMAIN_NAME …/0/args/tone"],
    [
      "a fact of which not every value fits",
      { ...tune.args, tone: { before: "bright" } },
      "E_ARG_SCHEMA …/0/args/tone",
    ],
    ["an object that only a reading names", { ...tune.args, bell: { before: "place" } }, "E_COMP_TARGET …/0/args/bell"],
  ])("is refused with %s", (_, args, refusal) => {
    expect(problemsOf([{ action: "bell.tune", args }])).toEqual([refusal]);
  });

  it("is refused if it is an empty list, or longer than a way back may be", () => {
    expect(problemsOf([])).toEqual(["E_SCHEMA …"]);
    expect(problemsOf([tune, tune, tune, tune])).toEqual([]);
    expect(problemsOf([tune, tune, tune, tune, tune])).toEqual(["E_SCHEMA …"]);
  });

  it("reports every problem at once, each at its own place", () => {
    expect(problemsOf([{ action: "bell.toll" }, tune, { action: "bell.tune" }])).toEqual([
      "E_DOMAIN_NAME …/0/action",
      "E_ARG_MISSING …/2",
      "E_ARG_MISSING …/2",
    ]);
  });
});

function blink(): Declaration {
  return {
    class: "reversible",
    uses: "c/patch",
    target: "lamp",
    input: { lamp: { object: "lamp" } },
    effect: ["self.level = 1"],
    compensate: { action: "lamp.blink" },
  };
}
