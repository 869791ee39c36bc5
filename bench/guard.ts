// `node bench/guard.ts`: time to evaluate a guard, compared with a CEL library on the same text.
import { celEnv, parse, plan } from "@bufbuild/cel";
import { evaluateGuardPartial } from "../src/core/guard/evaluate-guard.ts";
import type { GuardValue } from "../src/core/guard/formula.ts";
import { createScope } from "../src/core/guard/guard-type.fixture.ts";
import type { GuardType } from "../src/core/guard/guard-type.ts";
import { parseGuard } from "../src/core/guard/parse-guard.ts";
import { typeGuard } from "../src/core/guard/type-guard.ts";
import { unrollGuard } from "../src/core/guard/unroll-guard.ts";

const text =
  "controller.a.state == 'active' && controller.b.load < 80 || " +
  "controller.b.state in ['standby', 'down'] && !array.ready";
const state: GuardType = { kind: "values", values: ["active", "standby", "down"] };
const scope = createScope(
  new Map<string, GuardType>([
    ["controller.a.state", state],
    ["controller.b.state", state],
    ["controller.b.load", { kind: "integer", min: 0, max: 100 }],
    ["array.ready", { kind: "boolean" }],
  ]),
);
const values = new Map<string, GuardValue>([
  ["controller.a.state", "active"],
  ["controller.b.load", 93],
  ["controller.b.state", "standby"],
  ["array.ready", false],
]);
const bindings = {
  controller: { a: { state: "active" }, b: { load: 93n, state: "standby" } },
  array: { ready: false },
};

function nanosecondsEach(work: () => unknown): number {
  const timesNs: number[] = [];
  for (let round = 0; round < 25; round += 1) {
    const startMs = performance.now();
    for (let count = 0; count < 20_000; count += 1) work();
    timesNs.push(((performance.now() - startMs) * 1e6) / 20_000);
  }
  timesNs.sort((left, right) => left - right);
  return timesNs[12] ?? 0;
}

function prepare() {
  const parsed = parseGuard(text);
  const unrolled = parsed.ok ? unrollGuard(parsed.value, { objectsOf: () => [], types: () => [] }) : parsed;
  const typed = unrolled.ok ? typeGuard(unrolled.value, scope) : unrolled;
  if (!typed.ok) throw new Error(typed.error[0]?.message);
  return typed.value;
}

const guard = prepare();
const cel = plan(celEnv(), parse(text));
const lookup = (key: string): GuardValue | undefined => values.get(key);

if (evaluateGuardPartial(guard, lookup) !== true || cel(bindings) !== true) throw new Error("the two disagree");
console.log(`our evaluator ${nanosecondsEach(() => evaluateGuardPartial(guard, lookup)).toFixed(0)} ns`);
console.log(`CEL, planned  ${nanosecondsEach(() => cel(bindings)).toFixed(0)} ns`);
console.log(`parse, unroll, type ${(nanosecondsEach(prepare) / 1_000).toFixed(1)} µs`);
