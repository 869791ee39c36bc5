// `npm run twin:policies -- ./bench/lab/interlock-policy.ts`: the exact optimum within the pack's limit.
import { decideSituation } from "../../src/core/belief/solve/solve-limited.ts";
import { decidedPolicy, packSituation } from "./decided-policy.ts";

const situation = packSituation();
const decision = decideSituation(situation);
if (!decision.ok || decision.value.kind !== "decided")
  throw new Error("the pack's situation has a plan within its limit");

export const policy = decidedPolicy({
  name: "interlock",
  summary: "exact optimum within the limit",
  situation,
  policy: decision.value.chosen.policy,
});
