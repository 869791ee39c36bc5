// The pack storage-firmware through the command line, against the lab's array: an upgrade is a long operation.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningArray, startArray } from "../../lab/array/client.ts";
import { createE2eSite, type E2eSite, planAndApprove, wireArgs, wireProposal, wireStep } from "./e2e-site.fixture.ts";

const domain = readFileSync(new URL("../../packs/storage-firmware/domain.yaml", import.meta.url), "utf8");

const upgrade = wireProposal(
  [
    wireStep("upgrade", {
      action: "controller.install_firmware",
      args: wireArgs({ controller: "b", version: "4.2.0" }),
    }),
  ],
  { goal: "controller.b.firmware == '4.2.0'" },
);

let array: RunningArray;
let site: E2eSite;

beforeEach(async () => {
  array = await startArray({ upgradeMs: 150, withToken: true });
  // The array takes the full token for a read too.
  const token = `file:${array.tokenFile}`;
  const settings = { base: array.url, auth: { kind: "bearer", token: { $secret: "token" } } };
  site = await createE2eSite({
    domain,
    connections: { array: { settings, secrets: { token, read_token: token } } },
  });
});

afterEach(async () => {
  site.remove();
  await array.stop();
});

/** What the array did to controller b, in order. */
async function journal(): Promise<readonly string[]> {
  return (await array.journal()).map(({ what }) => what);
}

describe("the upgrade of a controller", () => {
  it("is started once, asked about until it has ended, and read back", async () => {
    await planAndApprove(site, upgrade);

    const { exitCode, out, err } = await site.run("apply");

    expect(exitCode).toBe(0);
    expect(err + out).toMatch(/✎ .*: started, operation “1”/);
    expect(err + out).toMatch(/✎ .*: succeeded, 100 %, .*which says “the controller runs the new firmware”/);
    expect(await journal()).toEqual(["upgrade_firmware", "firmware_upgraded"]);
  });

  it("that fails is undone by an upgrade of its own, and the run says what the array says", async () => {
    await array.fault({ kind: "fail_upgrade", controller: "b", outcome: "failed" });
    await planAndApprove(site, upgrade);

    const { exitCode, out, err } = await site.run("apply");

    expect(exitCode).toBe(20);
    expect(err + out).toContain("the operation `1` of `upgrade` failed: its status is `failed`");
    expect(err + out).toContain("it says `the controller does not start`");
    expect(await journal()).toEqual(["upgrade_firmware", "firmware_failed", "upgrade_firmware", "firmware_upgraded"]);
    expect((await array.snapshot()).controllers[1]).toMatchObject({ state: "online", firmware: "4.1.0" });
  });

  it("that takes too long is cancelled, and the controller has the firmware that it had", async () => {
    site.write("pack/domain.yaml", domain.replaceAll("within: 5s # the lab", "within: 1s # the lab"));
    await site.run("trust");
    await array.fault({ kind: "fail_upgrade", controller: "b", outcome: "stalled" });
    await planAndApprove(site, upgrade);

    const { exitCode, out, err } = await site.run("apply");

    expect(err + out).toMatch(/the operation `1` of `upgrade` has not ended after \d+ ms/);
    expect(err + out).toContain("the operation `1` of `upgrade` was cancelled");
    expect(await journal()).toEqual([
      "upgrade_firmware",
      "firmware_cancelled",
      // A part of it may have been done, so the way back runs all the same.
      "upgrade_firmware",
      "firmware_upgraded",
    ]);
    expect(exitCode).toBe(20);
  });

  it("is cancelled by a stop, and then undone, because its action rolls back on a failure", async () => {
    await array.fault({ kind: "fail_upgrade", controller: "b", outcome: "stalled" });
    await planAndApprove(site, upgrade);
    const applying = site.start("apply");
    await applying.shown("status “running”");

    await site.run("stop", "last", "--reason", "wrong window");
    const { exitCode, out, err } = await applying.ended;

    expect(err + out).toContain("the operation `1` of `upgrade` was cancelled");
    expect(exitCode).toBe(20);
    expect((await journal()).slice(0, 2)).toEqual(["upgrade_firmware", "firmware_cancelled"]);
    expect((await array.snapshot()).controllers[1]).toMatchObject({ state: "online", firmware: "4.1.0" });
  });
});
