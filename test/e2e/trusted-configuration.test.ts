// interlock.yaml is inside of what a person trusts: it says where a pack's calls go, and with which secrets.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  type Printed,
  planAndApprove,
  refusedWith,
  setLevel,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
  await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
});

afterEach(() => site.remove());

const approvedHash = (): string =>
  site.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "none";

/** Changes interlock.yaml that nobody was asked about. */
const changes: Readonly<Record<string, () => void>> = {
  "where a connection leads": () => site.edit("interlock.yaml", "/conf", "/pack"),
  "which secret a connection takes": () =>
    site.edit("interlock.yaml", "disk: { ", 'disk: { secrets: { other: "env:WRITE_TOKEN" }, '),
  "that people may approve what they propose": () => site.edit("interlock.yaml", "solo: false", "solo: true"),
  "how long an approval may count": () => site.edit("interlock.yaml", "validForMax: 24h", "validForMax: 720h"),
};

describe("after a change of interlock.yaml", () => {
  it.each(Object.keys(changes))(
    "that says %s, nothing is read and nothing starts until it is trusted",
    async (name) => {
      changes[name]?.();

      const refused: readonly Printed[] = [
        await site.run("plan", "proposal.json", "--json"),
        await site.run("approve", approvedHash(), "--target", "config.log_level config/app", "--json"),
        await site.run("apply", approvedHash(), "--json"),
      ];
      const doctor = await site.run("doctor");

      // A plan pins its connections, and says more exactly what changed.
      const atStart = name.includes("connection") ? "E_CONNECTION_CHANGED" : "E_PACK_UNTRUSTED";
      expect(refused.map(refusedWith)).toEqual([["E_PACK_UNTRUSTED"], ["E_PACK_UNTRUSTED"], [atStart]]);
      expect(refused[0]?.out).toMatch(
        /interlock\.yaml is not as it was trusted .*expected [0-9a-f]{12}.*now has [0-9a-f]{12}/,
      );
      expect(doctor.out).toContain("interlock.yaml is not as it was trusted");
      expect(doctor.out).not.toContain("can be read");
      expect((await site.run("trust")).exitCode).toBe(0);
      expect((await site.run("plan", "proposal.json", "--json")).out).not.toContain("E_PACK_UNTRUSTED");
    },
  );

  it("in its comments alone, everything is as it was", async () => {
    site.edit("interlock.yaml", "solo: false", "# nobody here works alone\nsolo: false");

    expect((await site.run("apply", approvedHash())).exitCode).toBe(0);
  });
});
