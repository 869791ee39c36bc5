import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";

import { parsePrometheusText } from "./prometheus-text.ts";

it("what the client library writes is read back, label escapes and infinities included", async () => {
  const registry = new Registry();
  new Counter({ name: "a_total", help: "a", labelNames: ["reason"], registers: [registry] }).inc(
    { reason: 'quote " slash \\ line\nend, {brace}' },
    3,
  );
  new Gauge({ name: "b", help: "b", registers: [registry] }).set(-1.5e-7);
  new Histogram({ name: "c", help: "c", buckets: [0.1], registers: [registry] }).observe(0.05);

  const samples = parsePrometheusText(await registry.metrics());

  expect(samples).toContainEqual({
    name: "a_total",
    labels: { reason: 'quote " slash \\ line\nend, {brace}' },
    value: 3,
  });
  expect(samples).toContainEqual({ name: "b", labels: {}, value: -1.5e-7 });
  expect(samples).toContainEqual({ name: "c_bucket", labels: { le: "+Inf" }, value: 1 });
});

it("comments, blank and unknown lines are passed over, timestamps too", () => {
  expect(parsePrometheusText("# HELP x y\n\n???\nx 1 1395066363000\ny +Inf\n")).toEqual([
    { name: "x", labels: {}, value: 1 },
    { name: "y", labels: {}, value: Infinity },
  ]);
});
