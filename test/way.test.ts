// There is one way to RUNNING. Everybody who may not take it is refused at every gate.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digest } from "../src/core/value/digest.ts";
import { leavesOf } from "../src/faces/cli/describe-commands.ts";
import { examples } from "../src/faces/cli/examples.ts";
import { createProgram } from "../src/faces/cli/main.ts";
import { createE2eSite, type E2eSite, refusedWith } from "./e2e/e2e-site.fixture.ts";
import { importersOf, isTest, sourcesBelow } from "./support/sources.ts";

describe("the way to a run", () => {
  const sources = sourcesBelow("src").filter(({ path }) => !isTest(path));
  /** Files outside the core's declarations that make a value of this shape, in any layout. */
  const makersOf = (literal: RegExp): readonly string[] =>
    sources
      .filter(({ path, text }) => !path.startsWith("src/core/run/words/") && literal.test(text))
      .map(({ path }) => path);

  it("has one function that makes the input that starts a run, behind one that finds the authorization", () => {
    const apply = "src/flow/apply";

    expect(makersOf(/\{\s*kind:\s*"start",\s*runId\b/)).toEqual([`${apply}/prepare-start.ts`]);
    expect(importersOf("prepareStart", `${apply}/prepare-start.ts`, sources)).toEqual([`${apply}/prepare-approved.ts`]);
    expect(importersOf("prepareApproved", `${apply}/prepare-approved.ts`, sources)).toEqual([
      `${apply}/open-runner.ts`,
      "src/flow/respond/run-response.ts",
    ]);
  });

  it("has one function that decides it, in the kernel", () => {
    expect(makersOf(/\{\s*kind:\s*"run_started",/)).toEqual(["src/core/run/decide/start.ts"]);
  });

  it("has one function that finds an authorization, and it verifies signatures to do so", () => {
    const approve = "src/flow/approve";

    expect(makersOf(/\{\s*kind:\s*"(?:approval|grant)",\s*(?:approvalId|grantId),\s*planHash\b/)).toEqual([
      `${approve}/find-authorization.ts`,
      `${approve}/grant-envelope.ts`,
    ]);
    expect(makersOf(/\{\s*kind:\s*"read_only",/)).toEqual([`${approve}/find-authorization.ts`]);
    expect(importersOf("findAuthorization", `${approve}/find-authorization.ts`, sources)).toEqual([
      "src/flow/apply/prepare-approved.ts",
    ]);
    expect(importersOf("findGrant", `${approve}/grant-envelope.ts`, sources)).toEqual([
      `${approve}/find-authorization.ts`,
    ]);
    expect(importersOf("openSigned", `${approve}/open-signed.ts`, sources)).toEqual([
      `${approve}/find-authorization.ts`,
      `${approve}/grant-envelope.ts`,
      // The list of plans only tells of approvals: the first check above holds that it makes no authorization.
      "src/flow/tell/plans.ts",
    ]);
    expect(importersOf("openEnvelope", "src/identities/dsse.ts", sources)).toEqual([`${approve}/open-signed.ts`]);
  });

  it("does not begin at the owner's socket, which understands no `start`", async () => {
    const { parseControl } = await import("../src/owner/control/parse-control.ts");
    const by = { kind: "person", id: "olivia", keyId: null };
    const planHash = digest("interlock.plan/1", {});
    const sent = (input: object) => parseControl(JSON.stringify({ format: "interlock.control/1", input }));

    const start = sent({ kind: "start", runId: "run_1", planHash, authorization: { kind: "read_only" }, actor: by });
    // To apply, a client names a plan by its hash. Anything else that it says is refused.
    const apply = sent({ kind: "apply", planHash, by });
    const entitled = sent({ kind: "apply", planHash, by, authorization: { kind: "read_only" } });

    expect([start.ok, apply.ok]).toEqual([false, true]);
    expect(entitled).toMatchObject({ ok: false, error: { pointer: "/input/authorization" } });
  });
});

const program = await createProgram(async () => undefined, { out: () => undefined, err: () => undefined });

describe("an agent at the command line (I17)", () => {
  const names = leavesOf(program).map(({ name }) => name);
  // Commands that propose and read. Everything else is refused, also commands that are added later.
  const open: readonly string[] = [
    "init",
    "identity list",
    "check",
    "decide",
    "actions list",
    "propose",
    "plan",
    "plans",
    "show",
    "diff",
    "grants",
    "inbox",
    "runs",
    "watch",
    "calibrate",
    "explain",
    "report-fault",
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
    site.write("alert.json", "{}");
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

  it("is refused in the same way over the socket, for every input", async () => {
    const { askPermission, capabilityOf } = await import("../src/flow/site/permit.ts");
    const { builtInRule } = await import("../src/policies/built-in-rule.ts");

    // Measuring the engine changes nothing. Every other input does.
    const { measure, ...changing } = capabilityOf;
    const by = { kind: "agent", id: "helper", keyId: null } as const;
    const verdicts = Object.values(changing).map(
      (capability) => askPermission(builtInRule, { by, capability, resource: "*" }).kind,
    );

    expect(new Set(verdicts)).toEqual(new Set(["forbid"]));
    expect(measure).toBe("read");
  });
});
