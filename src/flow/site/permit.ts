import type { Principal } from "../../core/approval/approval.ts";
import type { ApplyControl, OperatorControl, StoreControl } from "../../owner/control/protocol.ts";
import type { AuthorizationDecision, Authorizer, Capability } from "../../ports.ts";

type Asked = OperatorControl | StoreControl | ApplyControl;

/** The capability that each input from another process needs. */
export const capabilityOf: Readonly<Record<Asked["kind"], Capability>> = {
  apply: "apply",
  stop: "stop",
  kill: "kill",
  rollback: "rollback",
  close: "resolve",
  resolve: "resolve",
  answer: "approve",
  freeze: "freeze",
  unfreeze: "freeze",
  anchor: "anchor",
  archive_bodies: "archive",
  restore_bodies: "archive",
  destroy_bodies: "destroy",
  accept_log: "anchor",
  measure: "read",
};

/**
 * Whether somebody may do something. Every command and every input over the socket asks here (I10, I17). It is a
 * decision and no problem that may be missing, so that only an explicit permit permits.
 */
export function askPermission(
  authorizer: Authorizer,
  asked: { readonly by: Principal; readonly capability: Capability; readonly resource: string },
): AuthorizationDecision {
  return authorizer.authorize({
    principal: asked.by,
    capability: asked.capability,
    resource: asked.resource,
    context: {},
  });
}

/** How the owner asks about an input from another process. */
export function permitControl(authorizer: Authorizer): (input: Asked) => AuthorizationDecision {
  return (input) =>
    askPermission(authorizer, { by: input.by, capability: capabilityOf[input.kind], resource: resourceOf(input) });
}

function resourceOf(input: Asked): string {
  if ("scope" in input) return input.scope;
  if ("planHash" in input) return input.planHash;
  if (input.kind === "anchor") return "clock";
  return "runId" in input ? input.runId : "store";
}
