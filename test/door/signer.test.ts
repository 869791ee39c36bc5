// Signers and reviewers of one's own that answer badly. No signature is recorded that could not count.
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestBytes } from "../../src/core/value/digest.ts";
import { ok } from "../../src/core/value/result.ts";
import type { ApproveRequest, GrantRequest, Interlock, Reviewer, Signer } from "../../src/interlock.ts";
import { literal, proposalOf, step } from "../support/proposals.ts";
import { PortSite } from "./port-site.fixture.ts";
import { codeOf, value } from "./site.fixture.ts";

let door: PortSite;
let site: Interlock;
/** Rita's own signer. */
let rita: Signer;
beforeEach(async () => {
  door = await new PortSite().begin();
  site = await door.open();
  await value(door.plan(site));
  rita = await value(site.signer({ as: null, askPassphrase: async () => ok(null), onMistyped: () => undefined }));
});
afterEach(() => door.remove());

const request: ApproveRequest = {
  plan: "last",
  typedTargets: ["config.log_level config/app", "config.workers config/app"],
  validForMs: null,
};
const grantRequest: GrantRequest = {
  actions: ["config.log_level"],
  targets: ["config/app"],
  writeCountMax: 1,
  costUsdMax: 0,
  durationMsMax: 3_600_000,
  irreversible: true,
  validForMs: null,
};

/** Rita's key, but what signs is this. */
const signing = (answer: (bytes: Uint8Array) => unknown): Signer => ({
  person: rita.person,
  keyId: rita.keyId,
  attended: rita.attended,
  // The types forbid such an answer; JavaScript does not.
  sign: answer as Signer["sign"],
});

/** What became of an approval and of a grant by this signer, and what then is there to apply. */
async function attempts(by: Signer): Promise<readonly string[]> {
  const approved = await site.approve(request, by);
  const granted = await site.grant(grantRequest, by);
  const applied = await site.apply({ plan: "last" });
  return [approved, granted, applied].map(codeOf);
}

describe("a signature", () => {
  it("by a key that is known here is recorded, and counts", async () => {
    expect(await attempts(rita)).toEqual(["ok", "ok", "ok"]);
  });

  const other = generateKeyPairSync("ed25519").privateKey;

  it.each<[string, (bytes: Uint8Array) => unknown]>([
    ["of zeros", () => ok(new Uint8Array(64))],
    ["of another key", (bytes) => ok(sign(null, bytes, other))],
    ["over other bytes", async (bytes) => rita.sign(bytes.slice(1), { kind: "grant", grantId: "gr_1" })],
  ])("%s is refused, and not recorded", async (_, answer) => {
    expect(await attempts(signing(answer))).toEqual([
      "E_APPROVAL_SIGNATURE",
      "E_APPROVAL_SIGNATURE",
      "E_APPROVAL_MISSING",
    ]);
  });

  it.each<[string, () => unknown]>([
    ["as a text", () => ok("s".repeat(64))],
    ["as something with a length", () => ok({ length: 64 })],
    ["of 63 bytes", () => ok(new Uint8Array(63))],
    ["that is missing", () => undefined],
    ["of which the answer says nothing", () => ({})],
    ["refused without a reason", () => ({ ok: false })],
  ])("%s is refused with a code, and not recorded", async (_, answer) => {
    const [approved, granted, applied] = await attempts(signing(answer));

    expect([approved, granted]).not.toContain("ok");
    expect([approved, granted]).not.toContain("E_INTERNAL");
    expect(applied).toBe("E_APPROVAL_MISSING");
  });

  it("that the signer cannot make is the signer's failure, told in its own words", async () => {
    const broken = signing(() => Promise.reject(new Error("the card was pulled out")));

    const given = await site.approve(request, broken);

    expect(given).toMatchObject({ ok: false, error: [{ code: "E_SIGNER_FAILED" }] });
    expect(JSON.stringify(given)).toContain("the card was pulled out");
  });
});

describe("a signer", () => {
  it("whose key is not known here is not asked to sign", async () => {
    let isAsked = false;
    const keyId = digestBytes("interlock.key/1", new Uint8Array(1));
    const stranger = { ...signing(() => (isAsked = true)), keyId };

    expect(await attempts(stranger)).toEqual(["E_IDENTITY_UNKNOWN", "E_IDENTITY_UNKNOWN", "E_APPROVAL_MISSING"]);
    expect(isAsked).toBe(false);
  });

  it.each([{ person: "ceo" }, { attended: true }])("that is not what its key is (%j) is refused", async (claim) => {
    const liar: Signer = { ...signing((bytes) => rita.sign(bytes, { kind: "grant", grantId: "gr_1" })), ...claim };

    expect(await attempts(liar)).toEqual(["E_APPROVAL_SIGNATURE", "E_APPROVAL_SIGNATURE", "E_APPROVAL_MISSING"]);
  });
});

describe("how long a signature counts", () => {
  it.each([0, -1, 1.5, Number.MAX_VALUE])("is not %d ms", async (validForMs) => {
    const given = [
      await site.approve({ ...request, validForMs }, rita),
      await site.grant({ ...grantRequest, validForMs }, rita),
    ];

    expect(given.map(codeOf)).toEqual(["E_USAGE", "E_USAGE"]);
  });

  it("is longer than the plan is certain to wait between its first write and its last", async () => {
    const level = (id: string, value: string, after: readonly string[]) =>
      step(id, {
        action: "config.log_level",
        args: [literal("config", "app"), literal("level", value)],
        after,
        onFailure: "rollback",
      });
    const pause = step("w", { kind: "wait", args: [literal("forMs", 7_200_000)], after: ["a"] });
    const proposal = proposalOf([level("a", "debug", []), pause, level("b", "info", ["w"])]);
    const planned = await value(
      site.plan({ ...door.request(), proposal: new TextEncoder().encode(JSON.stringify(proposal)), goal: "" }),
    );
    if (planned.kind !== "planned") throw new Error("there is something to do");
    const approval = { plan: planned.planHash, typedTargets: ["config.log_level config/app"] };

    const given = [
      await site.approve({ ...approval, validForMs: 7_200_000 }, rita),
      await site.approve({ ...approval, validForMs: 7_200_001 }, rita),
    ];

    expect(given.map(codeOf)).toEqual(["E_APPROVAL_SHORT", "ok"]);
    expect(JSON.stringify(given[0])).toContain("the plan waits 2 h between its first write and its last");
  });
});

describe("a risk that the site refuses", () => {
  const all = [
    step("a", {
      action: "config.log_level",
      args: [literal("config", "app"), literal("level", "debug")],
      onFailure: "rollback",
    }),
    step("b", {
      action: "config.log_level",
      args: [literal("config", "app"), literal("level", "warn")],
      after: ["a"],
      onFailure: "rollback",
    }),
  ];
  const planned = async (opened: Interlock): Promise<string> => {
    const proposal = new TextEncoder().encode(JSON.stringify(proposalOf(all)));
    const given = await value(opened.plan({ ...door.request(), proposal, goal: "" }));
    if (given.kind !== "planned") throw new Error("there is something to do");
    return given.planHash;
  };

  it("keeps a plan from being approved, and from running under a grant or an older approval", async () => {
    const plan = await planned(site);
    const typed = { plan, typedTargets: ["config.log_level config/app"], validForMs: null };
    await value(site.approve(typed, rita));
    await site.close();
    const configPath = join(door.folder, "interlock.yaml");
    const config = readFileSync(configPath, "utf8");
    writeFileSync(configPath, config.replace(/^approvals:.*$/m, "approvals: { refuseRisks: [overwritten_write] }"));

    const reopened = await door.open();
    await value(reopened.trust());
    const again = await reopened.approve(typed, rita);
    await value(reopened.grant(grantRequest, rita));

    expect([codeOf(again), codeOf(await reopened.apply({ plan }))]).toEqual(["E_RISK_REFUSED", "E_RISK_REFUSED"]);
    expect(JSON.stringify(again)).toContain("overwritten_write");
    expect(door.config()).toContain('"level": "info"');
  });
});

describe("a reviewer", () => {
  it("that changes what it is shown changes nothing of what is signed", async () => {
    const careless: Reviewer = {
      review: async (shown) => {
        // The types forbid it; JavaScript does not.
        (shown.plan.steps as unknown[]).length = 0;
        return ok({ signer: rita, typedTargets: [] });
      },
    };

    expect(codeOf(await site.approve(request, careless))).toBe("E_APPROVAL_TARGET");
  });
});

describe("the actions and targets that a person types", () => {
  const typing = (...typedTargets: string[]): Reviewer => ({ review: async () => ok({ signer: rita, typedTargets }) });

  it("are those of the plan: a target alone and one too many are refused", async () => {
    const given = [
      await site.approve(
        { ...request, typedTargets: ["config.log_level config/app", "config.workers config/app", "config/web"] },
        rita,
      ),
      await site.approve(request, typing("config/app")),
    ];

    expect(given.map(codeOf)).toEqual(["E_APPROVAL_TARGET", "E_APPROVAL_TARGET"]);
    expect(JSON.stringify(given[0])).toContain("this plan does not do `config/web`");
    expect(JSON.stringify(given[1])).toContain("`config/app` names no action");
    expect(codeOf(await site.apply({ plan: "last" }))).toBe("E_APPROVAL_MISSING");
    expect(codeOf(await site.approve(request, typing(...request.typedTargets)))).toBe("ok");
  });
});
