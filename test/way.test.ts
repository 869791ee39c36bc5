// The way to RUNNING is one way, and whoever is not entitled to take it is turned back at every gate.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { leavesOf } from "../src/faces/cli/describe-commands.ts";
import { examples } from "../src/faces/cli/examples.ts";
import { createProgram } from "../src/faces/cli/main.ts";
import { createE2eSite, type E2eSite, refusedWith } from "./e2e/e2e-site.fixture.ts";
import { isTest, sourcesBelow } from "./support/sources.ts";

test("one function makes the input that starts a run, and those who submit it get it from there", () => {
  const sources = sourcesBelow("src").filter(
    ({ path }) => !isTest(path) && !path.startsWith("src/engine/simulated/") && !path.startsWith("src/core/run/"),
  );
  const makers = sources
    .filter(({ lines }) => lines.some((line) => /kind: "start", runId/.test(line)))
    .map(({ path }) => path);
  const submitters = sources
    .filter(({ lines }) => lines.some((line) => line.includes("prepareStart(")))
    .map(({ path }) => path);

  expect(makers).toEqual(["src/flow/apply/prepare-start.ts"]);
  expect(submitters.toSorted()).toEqual([
    "src/faces/cli/test-action.ts",
    "src/flow/apply/prepare-start.ts",
    "src/flow/apply/prepare-approved.ts",
    "src/flow/respond/incident.ts",
  ]);
});

test("one function finds what entitles a plan to run, and verifies signatures to do so", () => {
  const product = sourcesBelow("src").filter(({ path }) => !isTest(path) && !path.startsWith("src/core/"));
  const made = product
    .filter(
      ({ path, lines }) =>
        !path.startsWith("src/engine/simulated/") &&
        lines.some((line) => /kind: "(?:approval|grant)", (?:approvalId|grantId)/.test(line)),
    )
    .map(({ path }) => path);

  expect(made.toSorted()).toEqual(["src/flow/approve/approve-plan.ts", "src/flow/approve/grant-envelope.ts"]);
});

describe("an agent at the command line (I17)", async () => {
  const names = leavesOf(
    await createProgram(async () => undefined, { out: () => undefined, err: () => undefined }),
  ).map(({ name }) => name);
  // What proposes and reads. Whatever is not in this list is refused, a command that comes tomorrow too.
  const open: readonly string[] = [
    "init",
    "identity list",
    "check",
    "decide",
    "actions list",
    "propose",
    "plan",
    "show",
    "diff",
    "grants",
    "runs",
    "watch",
    "calibrate",
    "explain",
    "replay",
    "locks",
    "metrics",
    "log verify",
    "log export",
    "store archives",
    "doctor",
    "config",
    "completion",
  ];
  let site: E2eSite;
  beforeAll(async () => {
    site = await createE2eSite();
    await site.run("plan", "pack/proposals/log-more.json");
  });
  afterAll(() => site.remove());

  it.each(names.filter((name) => !open.includes(name)))("may not `%s`, and the refusal is recorded", async (name) => {
    const line = (examples[name]?.[0] ?? name).replace(/pl_\w+/, "last").replace(/ --webhook.*/, "");
    const words = [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word).slice(1);

    const refused = await site.runAs({ actor: "agent:helper" }, ...words, "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_NOT_PERMITTED"], 77]);
    expect(site.events().at(-1)).toMatchObject({
      kind: "input_refused",
      by: { kind: "agent", id: "helper" },
      problem: { code: "E_NOT_PERMITTED" },
    });
  });

  it("is told the same over the socket, whatever it sends", async () => {
    const { forbidden, capabilityOf } = await import("../src/flow/site/permit.ts");
    const { builtInRule } = await import("../src/policies/built-in-rule.ts");

    // To be told how the engine is changes nothing; every other input does.
    const { measure, ...changing } = capabilityOf;
    const verdicts = Object.values(changing).map(
      (capability) =>
        forbidden(builtInRule, { by: { kind: "agent", id: "helper", keyId: null }, capability, resource: "*" })?.code,
    );

    expect(new Set(verdicts)).toEqual(new Set(["E_NOT_PERMITTED"]));
    expect(measure).toBe("read");
  });
});
