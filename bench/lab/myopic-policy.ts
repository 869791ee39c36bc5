// `npm run twin:policies -- ./bench/lab/myopic-policy.ts`: looks one step ahead only, for comparison.
import { solveMyopic } from "../../src/core/belief/solve/comparison-policies.ts";
import { decidedPolicy, packSituation } from "./decided-policy.ts";

const situation = packSituation();

export const policy = decidedPolicy({
  name: "myopic",
  summary: "value of information one step ahead",
  situation,
  policy: solveMyopic(situation).policy,
});
