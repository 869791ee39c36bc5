// The process in which a proposer runs. It has only listed environment variables, may read only this package, and holds
// no secret but its provider's key.

import type { Problem } from "../core/value/codes.ts";
import { fail, type Result } from "../core/value/result.ts";
import type { Proposer } from "./proposer.ts";
import { buildProposer, type FromProposer, type SentRequest, type ToProposer } from "./proposer-spec.ts";

let proposer: Result<Proposer, readonly Problem[]> = fail([]);

function say(message: FromProposer): void {
  process.send?.(message);
}

async function answer(request: SentRequest): Promise<void> {
  // Nothing aborts this signal: our parent ends the whole process instead.
  const { signal } = new AbortController();
  const onCall = (call: Extract<FromProposer, { readonly kind: "called" }>["call"]) => say({ kind: "called", call });
  const result = proposer.ok ? await proposer.value.propose({ ...request, signal, onCall }) : proposer;
  say({ kind: "proposed", result });
}

process.on("message", (received) => {
  // Our own parent process sends these messages, and the first one is always `start`.
  const message = received as ToProposer;
  if (message.kind === "start") proposer = buildProposer(message.spec);
  // Our parent hears that we ended without an answer.
  else answer(message.request).catch(() => process.exit(1));
});
// Our parent is gone, so an answer would reach nobody.
process.on("disconnect", () => process.exit(0));
