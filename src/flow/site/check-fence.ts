import type { Domain } from "../../core/domain/domain.ts";
import { resolveTemplate } from "../../core/domain/template.ts";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import { isCallStep } from "../../core/plan/kinds/index.ts";
import { thenRunsOf } from "../../core/plan/kinds/undo-calls.ts";
import type { Call, Plan } from "../../core/plan/plan.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { quote } from "../../core/value/text.ts";
import type { Connections } from "../../engine/effects/connections.ts";

/** A write as far as it is declared: where it goes, and its template. */
type Write = Pick<Call, "connection" | "operation" | "with">;

/**
 * Problems of a plan's fences as they were read: what a target gave as a version and can never take for equal. Each
 * such write would be refused as if somebody had changed the target, and nobody would ever find who. A rollback is not
 * refused, since its way back must not wait for a better fence (I24).
 */
export function findFenceProblems(
  { steps, proposer }: Pick<Plan, "steps" | "proposer">,
  observed: readonly ObservedObject[],
  connections: Connections,
): readonly Problem[] {
  if (proposer.kind === "recovery") return [];
  const byObject = new Map(observed.map((seen) => [seen.object, seen]));
  return steps.flatMap((step, index) => {
    if (!isCallStep(step)) return [];
    const own = step.compensation === null ? [step] : [step, step.compensation];
    const calls = [
      ...own.map(({ call }) => ({ call, target: step.target })),
      ...thenRunsOf(step).map(({ call, target }) => ({ call, target })),
    ];
    const [first] = calls.flatMap(({ call, target }) => {
      const seen = target === null ? undefined : byObject.get(target);
      return seen === undefined ? [] : checkFence(call, seen, connections, `/steps/${index}/call`);
    });
    return first === undefined ? [] : [first];
  });
}

/** The same for an object that was read outside of any plan, and every action of the domain that could write it. */
export function findFenceProblemsOf(
  seen: ObservedObject,
  { actions }: Domain,
  connections: Connections,
): readonly Problem[] {
  const type = seen.object.slice(0, seen.object.indexOf("/"));
  return actions
    .filter((action) => action.class !== "read" && action.target?.type === type)
    .flatMap(({ name, uses, with: template }) =>
      checkFence({ ...uses, with: template }, seen, connections, `/actions/${name}/with`),
    );
}

/** Problems that a template has once the fence is put in, and not before. Its connector tells them. */
function checkFence(
  { connection, operation: name, with: template }: Write,
  { object, fence }: ObservedObject,
  connections: Connections,
  pointer: string,
): readonly Problem[] {
  const operation = connections.get(connection)?.connector.operations.find((candidate) => candidate.name === name);
  if (operation === undefined || fence === null) return [];
  const bound = resolveTemplate(template, ({ kind }) => (kind === "$fence" ? fence : undefined));
  const before = operation.checkTemplate(template, "write", pointer).map(({ message }) => message);
  return operation
    .checkTemplate(bound, "write", pointer)
    .filter(({ message }) => !before.includes(message))
    .map((found) => problem(found.code, found.pointer, `${quote(object)}: ${found.message}`, found.hint));
}
