import { problem } from "../core/value/codes.ts";
import type { AuthorizationDecision, AuthorizationRequest, Authorizer, Capability } from "../ports.ts";

/**
 * What each kind of principal may ask for. Only people approve. A service may run what people approved, and stop it. An
 * agent may read and propose.
 */
const capabilities: Readonly<Record<AuthorizationRequest["principal"]["kind"], readonly Capability[]>> = {
  person: [
    "trust",
    "propose",
    "read",
    "approve",
    "grant",
    "apply",
    "stop",
    "kill",
    "resolve",
    "rollback",
    "freeze",
    "acknowledge",
    "anchor",
    "test_actions",
    "archive",
    "destroy",
  ],
  service: ["propose", "read", "apply", "stop", "archive"],
  agent: ["propose", "read"],
};

const named = { person: "a person", service: "a service", agent: "an agent" } as const;

/** The one built-in rule: it goes by the kind of principal. Anything that it does not list is forbidden (I10, I17). */
export const builtInRule: Authorizer = {
  authorize(request: AuthorizationRequest): AuthorizationDecision {
    const { principal, capability } = request;
    if (capabilities[principal.kind].includes(capability)) {
      return {
        kind: "permit",
        policies: null,
        reason: `${named[principal.kind]} may ${capability.replaceAll("_", " ")}`,
      };
    }
    return {
      kind: "forbid",
      policies: null,
      problem: problem("E_NOT_PERMITTED", "", `${named[principal.kind]} may not ${capability.replaceAll("_", " ")}`),
    };
  },
};
