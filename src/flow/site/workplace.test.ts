import { describe, expect, it } from "vitest";
import type { Pins } from "../../core/plan/plan.ts";
import { createRun } from "../../core/run/apply/apply.ts";
import { alice } from "../../core/run/fixtures/driver.fixture.ts";
import { planOf, testDigest } from "../../core/run/fixtures/plan.fixture.ts";
import { systemClock } from "../../engine/clock.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import type { Site } from "../site/site.ts";
import { standingOf } from "./workplace.ts";

describe("the standing of a run", () => {
  const plan = planOf([{ id: "a" }]);
  const changed: readonly (readonly [string, Partial<Pins>])[] = [
    ["E_DOMAIN_DRIFT", { domain: testDigest("other") }],
    ["E_DOMAIN_DRIFT", { pack: testDigest("other") }],
    ["E_CONNECTION_CHANGED", { connections: testDigest("other") }],
    ["E_POLICY_CHANGED", { policies: testDigest("other") }],
  ];

  it.each(changed)(
    "is withdrawn (%s) on a site that is not what its plan pins, as after a crash and an edit (I12)",
    async (code, change) => {
      // The pins are all that is looked at before the site's files.
      const site = { connections: new Map(), pins: { ...plan.pins, ...change } } as unknown as Site;
      const ports = {
        clock: systemClock,
        authorizer: builtInRule,
        connectors: new Map(),
        notifiers: [],
        onLook: () => undefined,
      };
      const place = { ports: { ...ports, resolveSecret: () => Promise.reject(new Error("asked")) }, actor: alice };

      expect(await standingOf(place, site, createRun(plan, testDigest("p"), "run_1"))).toMatchObject({
        kind: "withdrawn",
        problem: { code },
      });
    },
  );
});
