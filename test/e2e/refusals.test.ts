// What a user sees when a change is refused on its way from proposal to run: one code, one exit code, one line that
// says what to do, a record in the log, and a file that nobody has touched.
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  type Printed,
  refusedWith,
  setLevel,
  setWorkers,
  waitStep,
  wireArgs,
  wireProposal,
  wireStep,
} from "./e2e-site.fixture.ts";
import { type ExpectedRefusal, expectRefusedAt, logMoreTargets } from "./refused.fixture.ts";

let site: E2eSite;
let untouched: string;

beforeEach(async () => {
  site = await createE2eSite();
  untouched = site.read("conf/app.json");
});

afterEach(() => {
  vi.restoreAllMocks();
  site.remove();
});

/** Plans the proposal that comes with the pack and has alice approve it. */
async function approve(...options: readonly string[]): Promise<void> {
  for (const argv of [
    ["plan", "pack/proposals/log-more.json", "--out", "plan.json"],
    ["approve", "last", ...logMoreTargets, ...options],
  ]) {
    const { exitCode, err } = await site.run(...argv);
    if (exitCode !== 0) throw new Error(err);
  }
}

const expectRefused = (argv: readonly string[], expected: Omit<ExpectedRefusal, "left">): Promise<Printed> =>
  expectRefusedAt(site, argv, { ...expected, left: untouched });

describe("a proposal that is refused", () => {
  const cases = [
    {
      what: "an unknown action",
      proposal: wireProposal([wireStep("a", { action: "config.explode" })]),
      code: "E_ACTION_UNKNOWN",
      says: "config.explode",
    },
    {
      what: "an argument of the wrong type",
      proposal: wireProposal([setWorkers("a", "many")]),
      code: "E_ARG_SCHEMA",
      says: "expected a whole number from 1 to 64, found the text `many`",
    },
    {
      what: "a cycle",
      proposal: wireProposal([setLevel("a", "debug", { after: ["b"] }), setWorkers("b", 8, { after: ["a"] })]),
      code: "E_PLAN_CYCLE",
      says: "`a`",
    },
    {
      what: "a branch that not every outcome takes",
      proposal: wireProposal([
        askStep("one"),
        askStep("two"),
        waitStep("a", 10, {
          after: ["one", "two"],
          when: "one in ['approved', 'rejected', 'expired'] && two == 'approved' && two != 'not_run'",
        }),
      ]),
      code: "E_PLAN_BRANCH_INCOMPLETE",
      says: "",
    },
    {
      what: "a guard of the wrong type",
      proposal: wireProposal([setLevel("a", "debug")], { goal: "config.app.workers == 'eight'" }),
      code: "E_GUARD_TYPE",
      says: "whole number",
    },
    { what: "no JSON", proposal: "{ nope", code: "E_JSON_INVALID", says: "" },
  ] as const;

  it.each(cases)("names $what and leaves everything alone", async ({ proposal, code, says }) => {
    site.write("proposal.json", proposal);

    await expectRefused(["plan", "proposal.json"], { code, exitCode: 10, says });
    const checked = await site.run("check", "proposal.json", "--json");

    expect(refusedWith(checked)).toContain(code);
    expect(checked.exitCode).toBe(10);
  });

  it("is missing: the path is named", async () => {
    await expectRefused(["plan", "nowhere.json"], {
      code: "E_INPUT_MISSING",
      exitCode: 66,
      says: "nowhere.json` does not exist",
    });
  });

  it("comes with a pack nobody has trusted as it is now", async () => {
    site.edit("pack/domain.yaml", "The settings of one service", "The settings of some service");

    await expectRefused(["plan", "pack/proposals/log-more.json"], {
      code: "E_PACK_UNTRUSTED",
      exitCode: 77,
      says: "trusted",
    });
  });
});

describe("a check", () => {
  it("prints one document and exits 0 for what can be planned, from a file or from stdin", async () => {
    const fromFile = await site.run("check", "pack/proposals/log-more.json", "--json");
    const fromStdin = await site.runAs({ stdin: site.read("pack/proposals/log-more.json") }, "check", "-", "--json");

    expect(JSON.parse(fromFile.out)).toEqual({ format: "interlock.check/1", ok: true, problems: [] });
    expect([fromFile.exitCode, fromStdin.exitCode]).toEqual([0, 0]);
    expect(fromStdin.out).toBe(fromFile.out);
  });

  it("says of invariants how far they are held, and so does the review that is signed", async () => {
    const says = "note: held when a plan is made and while it runs: `serves_or_says_so`\n";

    const [pack, proposal] = [await site.run("check", "pack"), await site.run("check", "pack/proposals/log-more.json")];
    const planned = await site.run("plan", "pack/proposals/log-more.json");
    const shown = await site.run("show");

    expect(pack.out).toContain(says);
    expect(proposal.out).toContain(says);
    expect(planned.out).not.toContain("not held while the plan runs");
    expect(shown.out).toBe(planned.out);
  });

  it("refuses a precondition that is false now, unless another step makes it true", async () => {
    const alone = setWorkers("alone", 1);
    site.write("alone.json", wireProposal([alone]));
    const planned = await site.run("plan", "alone.json");
    const begun = wireStep("begin", { action: "config.maintenance", args: wireArgs({ config: "app", on: true }) });
    site.write("begun.json", wireProposal([begun, setWorkers("alone", 1, { after: ["begin"] })]));
    const prepared = await site.run("plan", "begun.json");

    expect(planned.err).toMatch(/^E_EFFECT_PRE .*`alone` cannot be sent: .*; found `config.app.maintenance` = false\n/);
    expect(planned.err).toContain("nothing in the plan makes `config.app.maintenance` true before `alone`");
    expect([planned.exitCode, prepared.exitCode]).toEqual([10, 0]);
  });

  it("says of a confidentiality that nothing enforces it, where the pack or the proposal has one", async () => {
    site.edit("pack/domain.yaml", "on: boolean }", "on: { type: boolean, confidentiality: secret } }");

    const [pack, proposal] = [await site.run("check", "pack"), await site.run("check", "pack/proposals/log-more.json")];

    expect(pack.out).toContain(
      "note: the confidentiality of `config.maintenance.on` is recorded and not enforced yet\n",
    );
    expect(proposal.out).not.toContain("confidentiality");
    expect([pack.exitCode, proposal.exitCode]).toEqual([0, 0]);
  });

  it("gives code, place, message and hint of every problem at once", async () => {
    site.write(
      "proposal.json",
      wireProposal([wireStep("a", { action: "nope" }), setWorkers("b", "many", { after: ["a"] })]),
    );

    const { out, exitCode } = await site.run("check", "proposal.json", "--json");

    const { problems } = JSON.parse(out) as { readonly problems: readonly object[] };
    expect(problems.map((found) => Object.keys(found).sort())).toEqual(
      problems.map(() => ["code", "hint", "message", "pointer"]),
    );
    expect(problems).toMatchObject([
      { code: "E_ACTION_UNKNOWN", pointer: "/steps/0/action" },
      { code: "E_ARG_SCHEMA" },
    ]);
    expect(exitCode).toBe(10);
  });

  it("names the line of malformed YAML", async () => {
    site.write("pack/domain.yaml", "format: interlock.domain/1\nname: broken\nversion: [1\n");

    const { err, exitCode } = await site.run("check", "pack");

    expect(err).toMatch(/E_YAML_INVALID .*line [34], column/);
    expect(exitCode).toBe(10);
  });
});

describe("an apply that is refused", () => {
  it("names a plan nobody has approved", async () => {
    await site.run("plan", "pack/proposals/log-more.json");

    await expectRefused(["apply"], { code: "E_APPROVAL_MISSING", exitCode: 11, says: "nobody has approved this plan" });
  });

  it("says of a plan that nobody approved that it is so, also where another plan is approved", async () => {
    await approve();
    site.write("other.json", wireProposal([setLevel("a", "warn")]));
    await site.run("plan", "other.json");

    await expectRefused(["apply", "last"], {
      code: "E_APPROVAL_MISSING",
      exitCode: 11,
      says: "nobody has approved this plan",
    });
  });

  it("names a plan file that was edited by one byte", async () => {
    await approve();
    site.edit("plan.json", '"debug"', '"derug"');

    await expectRefused(["apply", "plan.json"], { code: "E_FILE_CHANGED", exitCode: 15, says: "edited since" });
    expect((await site.run("apply", "plan.json")).err).toContain("next: interlock plans");
  });

  it("names a plan file to which only a space was added", async () => {
    await approve();
    site.write("plan.json", `${site.read("plan.json")} `);
    expect((await site.run("apply", "plan.json")).err).toMatch(/next: interlock show pl_[0-9a-f]{12}/);

    await expectRefused(["apply", "plan.json"], { code: "E_FILE_CHANGED", exitCode: 15, says: "edited since" });
  });

  it("names a plan file that has become a link", async () => {
    await approve();
    mkdirSync(join(site.folder, "aside"));
    renameSync(join(site.folder, "plan.json"), join(site.folder, "aside/plan.json"));
    symlinkSync("aside/plan.json", join(site.folder, "plan.json"));

    await expectRefused(["apply", "plan.json"], { code: "E_FILE_CHANGED", exitCode: 15, says: "is a link" });
  });

  it("names a target that changed since the plan", async () => {
    await approve();
    site.edit("conf/app.json", '"workers": 4', '"workers": 5');
    untouched = site.read("conf/app.json");

    await expectRefused(["apply"], {
      code: "E_TARGET_CHANGED",
      exitCode: 12,
      says: "`config/app` changed since the plan was made",
    });
  });

  it("names a target that cannot be read any more", async () => {
    await approve();
    site.write("conf/app.json", "{");
    untouched = "{";

    await expectRefused(["apply"], { code: "E_OBSERVE", exitCode: 12, says: "config/app" });
  });

  it("names a domain that changed since the plan", async () => {
    await approve();
    site.edit("pack/domain.yaml", "pre: arg.on || self.workers > 1", "pre: arg.on");

    await expectRefused(["apply"], {
      code: "E_DOMAIN_DRIFT",
      exitCode: 12,
      says: "the domain is not the one the plan was made for",
    });
  });

  it("names connections that changed since the plan", async () => {
    await approve();
    mkdirSync(join(site.folder, "elsewhere"));
    site.write("elsewhere/app.json", untouched);
    site.edit("interlock.yaml", "/conf", "/elsewhere");

    await expectRefused(["apply"], { code: "E_CONNECTION_CHANGED", exitCode: 12, says: "connections" });
    expect(site.read("elsewhere/app.json")).toBe(untouched);
  });

  it("names an approval that has expired", async () => {
    await approve("--valid-for", "10m");
    const now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => now + 11 * 60_000);

    await expectRefused(["apply"], { code: "E_APPROVAL_EXPIRED", exitCode: 11, says: "expired" });
  });

  it("names an approval that had expired before the clock was put back", async () => {
    await approve("--valid-for", "10m");
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now + 11 * 60_000);
    await site.run("freeze", "config/app");
    await site.run("unfreeze", "config/app");
    clock.mockImplementation(() => now + 60_000);

    await expectRefused(["apply"], { code: "E_APPROVAL_EXPIRED", exitCode: 11, says: "expired" });
  });

  it("names an approval that expired, though an older one of the same plan was used", async () => {
    await approve();
    await site.run("apply");
    site.edit("conf/app.json", "debug", "info");
    await site.run("approve", "last", ...logMoreTargets, "--valid-for", "1m");
    const now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => now + 5 * 60_000);

    const refused = await site.run("apply", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_APPROVAL_EXPIRED"], 11]);
  });

  it("names an approval that was used", async () => {
    await approve();
    expect((await site.run("apply")).exitCode).toBe(0);
    const after = site.read("conf/app.json");

    await expectRefused(["apply"], {
      code: "E_APPROVAL_REPLAY",
      exitCode: 11,
      says: "the approval was used by",
      touched: true,
    });

    expect(site.read("conf/app.json")).toBe(after);
  });

  it("names a plan that a person rejected, though another approved it", async () => {
    await approve();
    await site.run("reject", "--reason", "not today");

    const says = "this plan was rejected by ";
    await expectRefused(["apply"], { code: "E_APPROVAL_REJECTED", exitCode: 11, says });
    await expectRefused(["approve"], { code: "E_APPROVAL_REJECTED", exitCode: 11, says });
  });

  it("tells that a plan made again was rejected, by whom, why, and how to ask again", async () => {
    await site.run("plan", "pack/proposals/log-more.json");
    await site.run("reject", "--reason", "not before the weekend");

    const again = await site.run("plan", "pack/proposals/log-more.json");

    expect(again.exitCode).toBe(11);
    expect(again.err).toMatch(/E_APPROVAL_REJECTED this plan was rejected by `\w+`, who says “not before the weekend”/);
    expect(again.err).toContain("give the proposal another `summary`");
    expect(again.err).not.toContain("next: interlock approve");
  });

  it("names a scope to freeze that nothing here is called, and freezes nothing", async () => {
    await expectRefused(["freeze", "config/ap"], { code: "E_USAGE", exitCode: 64, says: "`config/ap`" });

    expect((await site.run("freeze", "config/app")).exitCode).toBe(0);
    expect((await site.run("unfreeze", "config/app")).exitCode).toBe(0);
  });

  it("names the frozen scope, and goes on once it is lifted", async () => {
    await approve();
    await site.run("freeze", "config-file", "--reason", "holidays");

    await expectRefused(["apply"], { code: "E_FROZEN", exitCode: 13, says: "`config-file` is frozen by `olivia`" });
    expect((await site.run("apply")).err).toContain("next: interlock locks\n");

    await site.run("unfreeze", "config-file");
    expect((await site.run("apply")).exitCode).toBe(0);
  });
});
