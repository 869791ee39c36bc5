import { describe, expect, it } from "vitest";
import { applySite, emptySite } from "../apply/site.ts";
import type { Event } from "../words/event.ts";
import type { AnchorInput } from "../words/input.ts";
import { decide } from "./decide.ts";

// A person accepts that the log's time is ahead of the machine's clock.

const hourMs = 3_600_000;
const frozen: Event = {
  kind: "frozen",
  runId: null,
  scope: "*",
  by: { kind: "person", id: "alice", keyId: null },
  reason: "",
};
/** A site whose log was last written two hours after 1970. */
const site = applySite(emptySite(), frozen, 2 * hourMs);

const anchor: AnchorInput = {
  kind: "anchor",
  runId: null,
  atMs: 2 * hourMs,
  leadMs: hourMs,
  by: { kind: "person", id: "alice", keyId: null },
  reason: "the clock was an hour ahead",
};

describe("an anchor", () => {
  it("records who accepted which lead and why, and the site keeps the lead", () => {
    const decision = decide(site, null, anchor);

    expect(decision.events).toEqual([
      { kind: "clock_anchored", runId: null, leadMs: hourMs, by: anchor.by, reason: anchor.reason },
    ]);
    expect(decision.site.clockLeadMs).toBe(hourMs);
  });

  it("never takes the log's time back", () => {
    const decision = decide(site, null, { ...anchor, atMs: hourMs });

    expect(decision).toMatchObject({ kind: "accepted", atMs: 2 * hourMs, site: { lastSeenMs: 2 * hourMs } });
  });

  it("makes a lead greater and never smaller", () => {
    const { site: anchored } = decide(site, null, anchor);

    expect(decide(anchored, null, { ...anchor, leadMs: hourMs + 1 }).site.clockLeadMs).toBe(hourMs + 1);
    expect(decide(anchored, null, { ...anchor, leadMs: hourMs - 1 })).toMatchObject({
      kind: "refused",
      problem: { code: "E_INPUT_UNEXPECTED" },
      site: { clockLeadMs: hourMs },
    });
  });

  it.each([
    ["an agent", { by: { kind: "agent", id: "bot", keyId: null } }, "E_PERSON_REQUIRED"],
    ["a service", { by: { kind: "service", id: "cron", keyId: null } }, "E_PERSON_REQUIRED"],
    ["nobody's reason", { reason: " \n" }, "E_USAGE"],
    ["a lead below zero", { leadMs: -1 }, "E_INPUT_UNEXPECTED"],
    ["half a millisecond", { leadMs: 0.5 }, "E_INPUT_UNEXPECTED"],
    ["a lead greater than the log's time itself", { leadMs: 2 * hourMs + 1 }, "E_INPUT_UNEXPECTED"],
    ["the lead that counts already", { leadMs: 0 }, "E_INPUT_UNEXPECTED"],
  ] as const)("from or with %s is refused, recorded, and changes nothing", (_, change, code) => {
    const decision = decide(site, null, { ...anchor, ...change });

    expect(decision).toMatchObject({ kind: "refused", problem: { code }, site: { clockLeadMs: 0 } });
    expect(decision.events.map(({ kind }) => kind)).toEqual(["input_refused"]);
  });
});
