import { problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { orderSteps } from "../branches/step-graph.ts";
import type { Passed } from "./compilation.ts";
import type { WorkStep } from "./work-step.ts";

/** Pass 3. Orders the steps so that each stands behind what it waits for; `undefined` if they wait for one another. */
export function orderWork(steps: readonly WorkStep[]): Passed<readonly WorkStep[] | undefined> {
  const order = orderSteps(steps);
  if (order.kind === "ordered") return { value: order.order.flatMap((index) => steps[index] ?? []), problems: [] };
  const [first = ""] = order.cycle;
  const pointer = steps.find((step) => step.id === first)?.pointer ?? "/steps";
  const claim = `steps wait for one another: ${order.cycle.map(quote).join(" → ")}`;
  return { value: undefined, problems: [problem("E_PLAN_CYCLE", `${pointer}/after`, claim)] };
}
