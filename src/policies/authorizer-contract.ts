import assert from "node:assert/strict";
import type { Claim } from "../contract.ts";
import type { Principal } from "../core/approval/approval.ts";
import { readDecision } from "../ports/guard-authorizer.ts";
import type { AuthorizationDecision, AuthorizationRequest, Authorizer, Capability } from "../ports.ts";

const capabilities: Readonly<Record<Capability, true>> = {
  trust: true,
  propose: true,
  read: true,
  approve: true,
  grant: true,
  apply: true,
  stop: true,
  kill: true,
  resolve: true,
  rollback: true,
  freeze: true,
  acknowledge: true,
  anchor: true,
  test_actions: true,
  archive: true,
  destroy: true,
};
const principals: readonly Principal[] = (["person", "service", "agent"] as const).flatMap((kind) =>
  ["olivia", "somebody-nobody-knows", "__proto__", "*"].map((id) => ({ kind, id, keyId: null })),
);
const resources = ["*", "store", "site", "config/app", "run_1", `sha256:${"0".repeat(64)}`, "constructor", ""];

/** The claims that every authorizer must keep, whatever its rules are. */
export function authorizerContract(authorizer: Authorizer): readonly Claim[] {
  return [
    {
      claim: "it answers every request at once, with a permit, or with a forbid and its reason",
      check: async () => {
        for (const request of requests()) decide(authorizer, request);
      },
    },
    {
      claim: "it gives the same request the same decision",
      check: async () => {
        for (const request of requests())
          assert.deepEqual(decide(authorizer, request), decide(authorizer, structuredClone(request)));
      },
    },
    {
      claim: "it forbids what it has never heard of",
      check: async () => {
        for (const principal of principals) {
          // A later release may ask for capabilities that this one does not have.
          const capability = "a_capability_of_the_future" as Capability;
          const { kind } = decide(authorizer, { principal, capability, resource: "*", context: {} });
          assert.equal(kind, "forbid", `${principal.kind} ${principal.id}`);
        }
      },
    },
  ];
}

function requests(): readonly AuthorizationRequest[] {
  return principals.flatMap((principal) =>
    Object.keys(capabilities).flatMap((capability) =>
      // The keys of the table are capabilities.
      resources.map((resource) => ({ principal, capability: capability as Capability, resource, context: {} })),
    ),
  );
}

/** One decision. The request is frozen, so that an authorizer that changes it throws. */
function decide(authorizer: Authorizer, request: AuthorizationRequest): AuthorizationDecision {
  Object.freeze(request.principal);
  const read = readDecision(authorizer.authorize(Object.freeze(request)));
  const asked = `${request.principal.kind} ${request.principal.id}: ${request.capability} ${request.resource}`;
  if (!read.ok) throw new assert.AssertionError({ message: `asked about ${asked}, it ${read.error}` });
  return read.value;
}
