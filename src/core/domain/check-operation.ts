import { type Problem, problem } from "../value/codes.ts";
import { type CheckContext, checkOperation } from "./check-reference.ts";
import { checkTemplate } from "./check-template.ts";
import type { Action } from "./domain.ts";
import type { OperationCall } from "./operation.ts";
import { listBindings } from "./template.ts";

/**
 * Checks the calls about an action's operation. Only a write has one, and nothing is read back from a step of waves
 * sooner for it. The question must be a read, and each call must name the operation that it is about.
 */
export function checkOperationCalls(
  action: Action,
  { context, at }: { readonly context: CheckContext; readonly at: string },
): readonly Problem[] {
  const { operation } = action;
  if (operation === undefined) return [];
  if (action.class === "read")
    return [problem("E_DOMAIN_OPERATION", at, "a read changes nothing, and has no operation to wait for")];
  const { ask, cancel, withinMs } = operation;
  const isLanded = action.landsWithinMs !== null && action.landsWithinMs < withinMs;
  return [
    ...(isLanded
      ? [
          problem(
            "E_DOMAIN_OPERATION",
            `${at}/within`,
            "an effect lands when the operation ends, and `landsWithin` is shorter than `within`",
            "leave `landsWithin` out, or bound the whole operation by it",
          ),
        ]
      : []),
    ...checkCall(action, ask, { context, access: "read", at: `${at}/ask` }),
    ...(cancel === null ? [] : checkCall(action, cancel, { context, access: "write", at: `${at}/cancel` })),
  ];
}

function checkCall(
  action: Action,
  call: OperationCall,
  place: { readonly context: CheckContext; readonly access: "read" | "write"; readonly at: string },
): readonly Problem[] {
  const { context, access, at } = place;
  const { target, input } = action;
  const { index } = context;
  const pointer = `${at}/with`;
  const names = listBindings(call.with, "").bindings.some(({ binding }) => binding.kind === "$operation");
  return [
    ...checkOperation(call.uses, { context, access, pointer: `${at}/uses` }),
    ...checkTemplate(call.with, {
      index,
      uses: call.uses,
      target,
      input,
      isObserve: false,
      isAboutOperation: true,
      pointer,
    }),
    ...(names
      ? []
      : [
          problem(
            "E_DOMAIN_OPERATION",
            pointer,
            "this call does not say which operation it is about",
            "bind it with `{ $operation: id }` where the system looks for the id",
          ),
        ]),
  ];
}
