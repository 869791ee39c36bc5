// What a user sees when an approval is refused: one code, one exit code, one line that says what to do, a record in the
// log, and a file that nobody has touched.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createE2eSite, type E2eSite, type Printed, refusedWith } from "./e2e-site.fixture.ts";
import { type ExpectedRefusal, expectRefusedAt, logMoreTargets } from "./refused.fixture.ts";

let site: E2eSite;
let untouched: string;

beforeEach(async () => {
  site = await createE2eSite();
  untouched = site.read("conf/app.json");
});

afterEach(() => site.remove());

const expectRefused = (argv: readonly string[], expected: Omit<ExpectedRefusal, "left">): Promise<Printed> =>
  expectRefusedAt(site, argv, { ...expected, left: untouched });

describe("an approval that is refused", () => {
  it("names who proposed and wants to approve", async () => {
    await site.run("plan", "pack/proposals/log-more.json", "--as", "alice");

    await expectRefused(["approve", ...logMoreTargets], {
      code: "E_APPROVAL_SELF",
      exitCode: 11,
      says: "`alice` proposed this plan and may not approve it",
    });
    expect((await site.run("apply")).exitCode).toBe(11);
  });

  it("names the same person behind a second key", async () => {
    await site.run("identity", "create", "alice-again", "--person", "alice", "--unattended");
    await site.run("plan", "pack/proposals/log-more.json", "--as", "alice");

    await expectRefused(["approve", "--as", "alice-again", ...logMoreTargets], {
      code: "E_APPROVAL_SELF",
      exitCode: 11,
      says: "`alice`",
    });
  });

  it("names the action and the target that were not typed", async () => {
    await site.run("plan", "pack/proposals/log-more.json");

    await expectRefused(["approve"], {
      code: "E_APPROVAL_TARGET",
      exitCode: 11,
      says: "`config.log_level config/app`",
    });
  });

  it("names an unattended key outside a laboratory", async () => {
    site.edit("pack/domain.yaml", "environment: lab", "environment: production");
    await site.run("trust");
    await site.run("plan", "pack/proposals/log-more.json");

    await expectRefused(["approve", ...logMoreTargets], {
      code: "E_APPROVAL_UNATTENDED",
      exitCode: 11,
      says: "`production`",
    });
  });

  it("names the agent that wants to approve (I17)", async () => {
    await site.run("plan", "pack/proposals/log-more.json");

    const { exitCode, out } = await site.runAs({ actor: "agent:helper" }, "approve", ...logMoreTargets, "--json");

    expect(refusedWith({ exitCode, out, err: "" })).toEqual(["E_NOT_PERMITTED"]);
    expect(exitCode).toBe(77);
    expect(site.events().at(-1)).toMatchObject({ kind: "input_refused", by: { kind: "agent", id: "helper" } });
  });
});

describe("a single operator", () => {
  it("approves their own plan if the site permits it, and every trace of it is marked", async () => {
    site.edit("interlock.yaml", "solo: false", "solo: true");
    await site.run("trust");
    await site.run("plan", "pack/proposals/log-more.json", "--as", "alice");

    const approved = await site.run("approve", ...logMoreTargets);
    const applied = await site.run("apply");

    expect(approved.out).toContain("UNATTENDED SOLO");
    expect(applied.err).toContain("approved by alice UNATTENDED SOLO");
    expect(applied.exitCode).toBe(0);
    expect(site.events()).toContainEqual(
      expect.objectContaining({
        kind: "run_started",
        authorization: expect.objectContaining({ solo: true, attended: false }),
      }),
    );
  });
});
