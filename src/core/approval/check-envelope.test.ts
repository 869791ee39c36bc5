import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallStep, Plan } from "../plan/plan.ts";
import { planOf } from "../run/fixtures/plan.fixture.ts";
import type { Envelope } from "./approval.ts";
import { checkEnvelope, type EnvelopeUse } from "./check-envelope.ts";

const names = ["box.set", "box.clear", "box.burn"] as const;
const boxes = ["a", "b", "c"] as const;

const sketch = fc.record({
  box: fc.constantFrom(...boxes),
  action: fc.constantFrom(...names),
  undo: fc.option(fc.constantFrom(...names)),
  isIrreversible: fc.boolean(),
  isRead: fc.boolean(),
});

const plans = fc
  .record({
    steps: fc.array(sketch, { maxLength: 4 }),
    domain: fc.constantFrom("boxes", "crates"),
    bounds: fc.record({ writeCount: fc.nat(4), costUsd: fc.nat(4), durationMs: fc.nat(4) }),
  })
  .map(({ steps, domain, bounds }): Plan => {
    const plan = planOf(
      steps.map((_, index) => ({ id: `s${index}` })),
      { bounds },
    );
    const changed = plan.steps.map((step, index) => {
      const from = steps[index];
      if (from === undefined || step.kind !== "act") return step;
      const compensation =
        step.compensation === null || from.undo === null ? null : { ...step.compensation, action: from.undo };
      // The sketch decides the fields that an envelope is about. The fixture decides the rest.
      return {
        ...step,
        action: from.action,
        target: `box/${from.box}`,
        class: from.isRead ? "read" : from.isIrreversible ? "irreversible" : "reversible",
        compensation,
      } satisfies CallStep;
    });
    return { ...plan, domain: { ...plan.domain, name: domain }, steps: changed };
  });

const envelopes = fc.record({
  domain: fc.constant("boxes"),
  actions: fc.subarray([...names]),
  targets: fc.subarray(["box/a", "box/b", "box/c", "box/*", "crate/*"]),
  writeCountMax: fc.nat(6),
  costUsdMax: fc.nat(6),
  durationMsMax: fc.nat(6),
  irreversible: fc.boolean(),
});

const uses = fc.record({ writeCount: fc.nat(3), costUsd: fc.nat(3) });

/** What an envelope permits, one effect after the other. It shares no code with the checker. */
function isInside(plan: Plan, envelope: Envelope, used: EnvelopeUse): boolean {
  const effects: { readonly action: string; readonly target: string; readonly isFinal: boolean }[] = [];
  for (const step of plan.steps) {
    if (step.kind !== "act" || step.class === "read") continue;
    effects.push({ action: step.action, target: String(step.target), isFinal: step.class === "irreversible" });
    if (step.compensation !== null)
      effects.push({ action: step.compensation.action, target: String(step.target), isFinal: false });
  }
  const isNamed = (target: string): boolean =>
    envelope.targets.some((name) => name === target || (name.endsWith("/*") && target.startsWith(name.slice(0, -1))));
  const areNamed = effects.every(
    ({ action, target, isFinal }) =>
      envelope.actions.includes(action) && isNamed(target) && (!isFinal || envelope.irreversible),
  );
  const { writeCount, costUsd, durationMs } = plan.bounds;
  return (
    areNamed &&
    plan.domain.name === envelope.domain &&
    used.writeCount + writeCount <= envelope.writeCountMax &&
    used.costUsd + costUsd <= envelope.costUsdMax &&
    durationMs <= envelope.durationMsMax
  );
}

describe("an envelope (I2)", () => {
  it("permits exactly the plans whose every effect, way back and sum it holds", () => {
    const seen = { permitted: 0, refused: 0 };

    fc.assert(
      fc.property(plans, envelopes, uses, (plan, envelope, used) => {
        const isPermitted = checkEnvelope(plan, envelope, used).length === 0;
        seen[isPermitted ? "permitted" : "refused"] += 1;
        expect(isPermitted).toBe(isInside(plan, envelope, used));
      }),
      { numRuns: 2_000, seed: 7 },
    );

    expect(Math.min(seen.permitted, seen.refused)).toBeGreaterThan(50);
  });

  it("never permits more after it is used", () => {
    fc.assert(
      fc.property(plans, envelopes, uses, uses, (plan, envelope, used, more) => {
        const later = { writeCount: used.writeCount + more.writeCount, costUsd: used.costUsd + more.costUsd };
        expect(checkEnvelope(plan, envelope, used).length).toBeLessThanOrEqual(
          checkEnvelope(plan, envelope, later).length,
        );
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it("with empty lists permits no write at all", () => {
    const nothing = {
      domain: "boxes",
      actions: [],
      targets: [],
      writeCountMax: 9,
      costUsdMax: 9_999,
      durationMsMax: 1e9,
      irreversible: true,
    };

    expect(
      checkEnvelope(planOf([{ id: "a" }]), nothing, { writeCount: 0, costUsd: 0 }).map(({ pointer }) => pointer),
    ).toEqual(["/steps/0", "/steps/0"]);
  });

  it("reports one problem, not two, for an action that is its own way back", () => {
    const envelope = {
      domain: "boxes",
      actions: [],
      targets: ["box/*"],
      writeCountMax: 9,
      costUsdMax: 9_999,
      durationMsMax: 1e9,
      irreversible: false,
    };

    expect(checkEnvelope(planOf([{ id: "a" }]), envelope, { writeCount: 0, costUsd: 0 })).toMatchObject([
      { code: "E_ENVELOPE", message: "the action `box.set` is not in the grant" },
    ]);
  });
});
