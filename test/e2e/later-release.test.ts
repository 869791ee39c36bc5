// What this release does with a store in which a later one, of the same store version, has written more than it knows.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Plan } from "../../src/core/plan/plan.ts";
import { planHash } from "../../src/core/plan/plan-hash.ts";
import type { Digest } from "../../src/core/value/digest.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { openStore } from "../../src/log/sqlite/open.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { valueOf } from "../../src/log/sqlite/store.fixture.ts";
import { olivia } from "./archive.fixture.ts";
import { createE2eSite, type E2eSite, refusedWith } from "./e2e-site.fixture.ts";

let site: E2eSite;
let store: string;

beforeEach(async () => {
  site = await createE2eSite();
  store = join(site.folder, ".interlock");
  expect((await site.run("plan", "pack/proposals/log-more.json")).exitCode).toBe(0);
});

afterEach(() => site.remove());

/** Appends one record to the site's stream, as an owner of a later release would. */
async function append(
  body: Readonly<Record<string, JsonValue>> & { readonly kind: string },
  documents: readonly { readonly digest: Digest; readonly value: JsonValue }[] = [],
): Promise<void> {
  const log = valueOf(openStore(store));
  const records = [{ stream: "site", atMs: Date.now(), kind: body.kind, body }];
  valueOf(await log.append({ durability: "synced", documents, records }));
  await log.close();
}

/** The plan that was compiled here, with one field more and the hash that it then has. */
async function recordLaterPlan(): Promise<Digest> {
  const recorded = site.events().find((event) => event.kind === "plan_recorded");
  if (recorded?.kind !== "plan_recorded") throw new Error("no plan was recorded");
  const reader = valueOf(openReader(store));
  const known = reader.document(recorded.planHash);
  reader.close();
  // The plan of the line above, and a condition that this release knows nothing of.
  const later = { ...(known as unknown as Plan), onlyUntilMs: 1 };
  const hash = planHash(later);
  await append({ kind: "plan_recorded", runId: null, planHash: hash, proposalDigest: null, by: olivia }, [
    { digest: hash, value: later as unknown as JsonValue },
  ]);
  return hash;
}

describe("a plan with a field of a later release", () => {
  it.each(["show", "approve", "apply"])("is refused by `%s`, which names the field", async (command) => {
    const hash = await recordLaterPlan();

    const printed = await site.run(command, hash, "--json");

    expect(refusedWith(printed)).toEqual(["E_SCHEMA_UNKNOWN_FIELD"]);
    expect(printed.out).toContain("onlyUntilMs");
    expect(printed.exitCode).toBe(10);
  });

  it("keeps no other plan from being shown", async () => {
    const recorded = site.events().find((event) => event.kind === "plan_recorded");
    await recordLaterPlan();

    const printed = await site.run("show", recorded?.kind === "plan_recorded" ? recorded.planHash : "");

    expect(printed.exitCode).toBe(0);
  });
});

describe.each([
  ["an event with a field", { kind: "frozen", runId: null, scope: "*", by: olivia, reason: "audit", untilMs: 1 }],
  ["an event of a kind", { kind: "merged", runId: null, scope: "*" }],
])("a log with %s of a later release", (_, body) => {
  beforeEach(() => append(body));

  it.each([["locks"], ["show", "last"], ["approve", "last"], ["apply", "last"], ["freeze", "*", "--reason", "audit"]])(
    "is refused by `%s`, which names the record",
    async (...argv) => {
      const printed = await site.run(...argv, "--json");

      expect(refusedWith(printed)[0]).toMatch(/^E_SCHEMA/);
      expect(printed.out).toContain("this release cannot read record ");
      expect(printed.exitCode).toBe(10);
    },
  );

  it("is verified, exported and backed up as any other: that reads no event", async () => {
    const verified = await site.run("log", "verify");
    const exported = await site.run("log", "export");
    const copied = await site.run("store", "backup", "copy");

    expect([verified.exitCode, exported.exitCode, copied.exitCode]).toEqual([0, 0, 0]);
    expect(exported.out).toContain(body.kind);
  });
});
