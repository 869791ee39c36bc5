// `node bench/json.ts`: how much slower the strict reader is than JSON.parse. Prints medians.
import { canonicalText } from "../src/core/value/canonical.ts";
import { parseJson } from "../src/core/value/json.ts";

interface Sample {
  readonly title: string;
  readonly text: string;
}

function createProposal(stepCount: number): unknown {
  const steps = Array.from({ length: stepCount }, (_, index) => ({
    id: `s${index}`,
    action: "array.upgrade_controller",
    purpose: "bring the controller to the wanted version",
    kind: "act",
    after: index === 0 ? [] : [`s${index - 1}`],
    when: "",
    expect: [],
    onFailure: "rollback",
    args: [
      { name: "version", from: "literal", value: '"7.2.1"' },
      { name: "retries", from: "literal", value: "3" },
    ],
  }));
  return { format: "interlock.proposal/1", goal: "", summary: "upgrade", decline: "", assumptions: [], steps };
}

function medianMicroseconds(work: () => unknown): number {
  const timesMs: number[] = [];
  const endMs = performance.now() + 500;
  while (performance.now() < endMs || timesMs.length < 11) {
    const startMs = performance.now();
    work();
    timesMs.push(performance.now() - startMs);
  }
  timesMs.sort((left, right) => left - right);
  return (timesMs[timesMs.length >> 1] ?? 0) * 1_000;
}

const samples: readonly Sample[] = [
  { title: "proposal of 20 steps", text: JSON.stringify(createProposal(20)) },
  { title: "proposal of 1,000 steps", text: JSON.stringify(createProposal(1_000)) },
  { title: "50,000 numbers", text: JSON.stringify(Array.from({ length: 50_000 }, (_, index) => index / 8)) },
];

for (const { title, text } of samples) {
  const strict = medianMicroseconds(() => parseJson(text));
  const native = medianMicroseconds(() => JSON.parse(text));
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  const canonical = medianMicroseconds(() => canonicalText(parsed.value));
  const times = `parseJson ${strict.toFixed(0)} µs, JSON.parse ${native.toFixed(0)} µs`;
  const figures = `${times}, ratio ${(strict / native).toFixed(1)}`;
  console.log(`${title} (${text.length} characters): ${figures}, canonicalText ${canonical.toFixed(0)} µs`);
}
