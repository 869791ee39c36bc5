// Compares the hand-written canonical text with the library that is its oracle in the tests. Prints CPU time in units
// of one SHA-256 of 364 bytes.
import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { canonicalText } from "../src/core/value/canonical.ts";

const event = {
  kind: "step_settled",
  runId: "run_0123456789abcdef",
  stepId: "s12",
  outcome: "done",
  problem: null,
  by: null,
  facts: [
    { name: "host.h1.path", value: true },
    { name: "controller.a.version", value: "7.2.1" },
  ],
  left: {
    object: { type: "controller", id: "a" },
    identity: "x",
    fingerprint: `sha256:${"ab".repeat(32)}`,
    fence: "12",
  },
};

function cpuMicroseconds(work: () => unknown): number {
  const count = 50_000;
  const samples = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index += 1) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  });
  return samples.sort((left, right) => left - right)[3] ?? 0;
}

const text = canonicalText(event);
const unit = cpuMicroseconds(() => hash("sha256", "x".repeat(364)));
const figures = [
  ["ours", cpuMicroseconds(() => canonicalText(event))],
  ["library (no check of plain data)", cpuMicroseconds(() => canonicalize(event))],
  ["JSON.stringify (keys unsorted)", cpuMicroseconds(() => JSON.stringify(event))],
] as const;
console.log(`event of ${text.length} characters, H = ${unit.toFixed(3)} µs of CPU`);
for (const [title, microseconds] of figures)
  console.log(`${title}: ${microseconds.toFixed(2)} µs, ${(microseconds / unit).toFixed(1)} H`);
