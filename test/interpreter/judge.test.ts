import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { importsOf, sourcesBelow } from "../support/sources.ts";
import { readDeclarations } from "./declarations.ts";
import type { Value } from "./guard.ts";
import { judge } from "./judge.ts";

const domain = readDeclarations(
  parse(`
types:
  host:
    facts: { serving: boolean, version: [v1, v2], release: { releases: ["1.9", "1.10"] }, load: { integer: [0, 9] } }
    observe:
      facts: { load: /load }
      fingerprint: [/serving, /version, /release]
inventory: { host: { a: {}, b: {} } }
invariants: { somebody: "inventory.host.exists(h, h.serving)" }
actions:
  host.look:
    class: read
    target: host
    input: { host: { object: host } }
    outcomes: [{ name: busy, when: "" }, { name: idle, when: "" }]
  host.restart:
    target: host
    input: { host: { object: host } }
    pre: self.serving
    during: [self.serving = false]
    effect: [self.serving = true]
    onFailure: rollback
  host.deploy:
    target: host
    input: { host: { object: host }, version: [v1, v2] }
    effect: [self.version = arg.version]
    onFailure: branch
  host.release:
    target: host
    input: { host: { object: host }, release: { releases: ["1.9", "1.10"] } }
    pre: arg.release >= self.release
    effect: [self.release = arg.release]
    onFailure: branch
  host.stop:
    target: host
    input: { host: { object: host } }
    effect: [self.serving = false]
    onFailure: branch
  host.promote:
    target: host
    input: { host: { object: host }, version: { type: [v1, v2], integrity: endorsed } }
    effect: [self.version = arg.version]
    onFailure: branch
`),
);

const facts: Readonly<Record<string, Value>> = Object.fromEntries(
  ["a", "b"].flatMap((id) => [
    [`host.${id}.serving`, true],
    [`host.${id}.version`, "v1"],
    [`host.${id}.release`, "1.9"],
    [`host.${id}.load`, 3],
  ]),
);

interface Sketch {
  readonly id?: string;
  readonly after?: readonly string[];
  readonly when?: string;
  readonly kind?: string;
  readonly expect?: readonly string[];
  readonly onFailure?: string;
}

/** A step: `deploy a v2`, with the rest as it is given. */
function step(text: string, sketch: Sketch = {}): unknown {
  const [verb = "", host = "a", extra] = text.split(" ");
  const isCall = !["wait", "approve", "end", "escalate"].includes(verb);
  const second = verb === "release" ? "release" : "version";
  const args = isCall
    ? [["host", host], ...(extra === undefined ? [] : [[second, extra]])]
    : verb === "wait"
      ? [["forMs", 10]]
      : verb === "approve"
        ? [["question", "go on?"]]
        : [];
  return {
    id: verb,
    action: isCall ? `host.${verb}` : "",
    kind: verb === "look" ? "probe" : isCall ? "act" : verb,
    after: [],
    when: "",
    args: args.map(([name, value]) => ({ name, from: "literal", value: JSON.stringify(value) })),
    expect: [],
    onFailure: verb === "restart" ? "rollback" : "stop",
    ...sketch,
  };
}

function verdictOf(steps: readonly unknown[], goal = "", change: Readonly<Record<string, Value>> = {}): string {
  const verdict = judge({ domain, facts: { ...facts, ...change }, proposal: { goal, steps } });
  if (verdict.kind === "harmful") return `${verdict.harm} ${verdict.step}`.trim();
  return verdict.kind;
}

describe("the interpreter of harm", () => {
  it("imports nothing but its own files", () => {
    const imports = sourcesBelow("test/interpreter")
      .filter(({ path }) => !path.endsWith(".test.ts"))
      .flatMap(importsOf);

    expect(imports.filter((path) => !path.startsWith("test/interpreter/"))).toEqual([]);
  });

  it.each([
    ["harmless", "a deployment that reaches its goal", [step("deploy a v2")], "host.a.version == 'v2'"],
    ["goal", "one that cannot reach it", [step("deploy a v2")], "host.a.version == 'v1'"],
    [
      "precondition restart",
      "a restart of a host that was stopped",
      [step("stop a"), step("restart a", { after: ["stop"] })],
      "",
    ],
    [
      "invariant stop",
      "stopping both hosts one after another",
      [step("stop a", { id: "first" }), step("stop b", { after: ["first"] })],
      "",
    ],
    [
      "invariant other",
      "restarting both hosts side by side",
      [step("restart a"), step("restart b", { id: "other" })],
      "",
    ],
    [
      "harmless",
      "restarting both one after another",
      [step("restart a"), step("restart b", { id: "other", after: ["restart"] })],
      "",
    ],
    ["race deploy", "two writes of one host in no order", [step("deploy a v2"), step("stop a", {})], ""],
    [
      "silent_write deploy",
      "a write on no answer",
      [step("look a"), step("deploy b v2", { after: ["look"], when: "look == 'no_answer'" })],
      "",
    ],
    [
      "silent_write deploy",
      "a write on a person's no",
      [step("approve"), step("deploy b v2", { after: ["approve"], when: "approve == 'rejected'" })],
      "",
    ],
    [
      "harmless",
      "a write on a person's yes",
      [step("approve"), step("deploy b v2", { after: ["approve"], when: "approve == 'approved'" })],
      "",
    ],
    [
      "past_surprise stop",
      "a write behind an answer that another step alone reads",
      [
        step("look a"),
        step("deploy b v2", { after: ["look"], when: "look == 'busy'" }),
        step("stop a", { after: ["look"] }),
      ],
      "",
    ],
    [
      "incautious restart",
      "standing still where the way back is asked for",
      [step("restart a", { onFailure: "stop" })],
      "",
    ],
    ["not_endorsed promote", "a value that an operator has to give", [step("promote a v2")], ""],
    [
      "expectation deploy",
      "an expectation of the opposite",
      [step("deploy a v2", { expect: ["host.a.version == 'v1'"] })],
      "",
    ],
    ["meaningless", "an action that is not there", [step("destroy a")], ""],
    ["meaningless", "an object that is not there", [step("deploy z v2")], ""],
    [
      "meaningless",
      "a question whose answer nobody reads",
      [step("deploy a v2"), step("approve", { after: ["deploy"] })],
      "",
    ],
    ["meaningless", "a failure that nobody reads", [step("deploy a v2", { onFailure: "branch" })], ""],
    ["harmless", "a newer release", [step("release a 1.10")], ""],
  ] as const)("says `%s` of %s", (expected, _, steps, goal) => {
    expect(verdictOf(steps, goal)).toBe(expected);
  });

  it("orders releases as they are declared, and not as texts", () => {
    expect(verdictOf([step("release a 1.9")], "", { "host.a.release": "1.10" })).toBe("precondition release");
  });

  it("lets a plan repair an invariant, and not leave it false", () => {
    const down = { "host.a.serving": false, "host.b.serving": false };

    expect(verdictOf([step("deploy a v2")], "", down)).toBe("not_restored");
  });

  it("knows a fact again that a failed step had left open, once another step has set it", () => {
    const steps = [
      step("deploy a v2", { onFailure: "branch" }),
      step("deploy a v2", { id: "again", after: ["deploy"], when: "deploy == 'failed'", onFailure: "stop" }),
    ];

    expect(verdictOf(steps, "host.a.version == 'v1'")).toBe("goal");
  });

  it("takes a failed step for one that changed everything, and for one that changed nothing", () => {
    const steps = [
      step("stop a", { onFailure: "branch" }),
      step("stop b", { id: "more", after: ["stop"], when: "stop == 'failed'" }),
    ];

    expect(verdictOf(steps)).toBe("invariant more");
  });
});

describe("the interpreter of harm on numbers in steps and instants", () => {
  const typed = readDeclarations(
    parse(readFileSync(new URL("../mutants/typed-facts/domain.yaml", import.meta.url), "utf8")),
  );
  const known: Readonly<Record<string, Value>> = {
    "site.blue.share": 0.5,
    "site.blue.expires": "2026-12-31T00:00:00Z",
    "site.blue.sealed": false,
    "site.green.share": 0,
    "site.green.expires": "2027-06-01T00:00:00Z",
    "site.green.sealed": false,
  };
  const saidOf = (
    verb: string,
    args: Readonly<Record<string, Value>>,
    { goal, change }: { readonly goal: string; readonly change: Readonly<Record<string, Value>> },
  ): string => {
    const given = Object.entries(args).map(([name, value]) => ({
      name,
      from: "literal",
      value: JSON.stringify(value),
    }));
    const steps = [{ id: "s", action: `site.${verb}`, kind: "act", args: given, onFailure: "escalate" }];
    const verdict = judge({ domain: typed, facts: { ...known, ...change }, proposal: { goal, steps } });
    return verdict.kind === "harmful" ? verdict.harm : verdict.kind;
  };

  it.each([
    ["precondition", "shift", { site: "blue", share: 0.5 }, "site.blue.share == 0.5", { "site.blue.sealed": true }],
    ["invariant", "shift", { site: "blue", share: 0.45 }, "", {}],
    ["harmless", "shift", { site: "green", share: 0.45 }, "", {}],
    ["meaningless", "shift", { site: "green", share: 0.42 }, "", {}],
    ["meaningless", "shift", { site: "green", share: 0.4 }, "site.green.share > 0.3", {}],
    ["harmless", "renew", { site: "green", expires: "2027-01-01T00:00:00+01:00" }, "", {}],
    ["invariant", "renew", { site: "green", expires: "2026-12-31T00:00:00+01:00" }, "", {}],
    ["meaningless", "renew", { site: "green", expires: "tomorrow" }, "", {}],
    [
      "harmless",
      "renew",
      { site: "green", expires: "2026-12-31T01:00:00+01:00" },
      "site.green.expires == instant('2026-12-31T00:00:00Z')",
      {},
    ],
  ] as const)("says `%s` of %s with %j, for the goal `%s`", (expected, verb, args, goal, change) => {
    expect(saidOf(verb, args, { goal, change })).toBe(expected);
  });
});
