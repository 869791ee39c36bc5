// The process in which a proposer runs: no environment but a list, no file but this package, no secret but its provider's key.

import type { Problem } from "../core/value/codes.ts";
import type { Result } from "../core/value/result.ts";
import type { Proposer } from "./proposer.ts";
import { buildProposer, type FromProposer, type ToProposer } from "./proposer-spec.ts";

// A request may come while the proposer is still being built: it waits for it.
let building: Promise<Result<Proposer, readonly Problem[]>> | null = null;

function say(message: FromProposer): void {
  process.send?.(message);
}

async function hear(message: ToProposer): Promise<void> {
  if (message.kind === "start") {
    building = buildProposer(message.spec);
    return;
  }
  if (building === null) return;
  const proposer = await building;
  const request = {
    ...message.request,
    signal: new AbortController().signal,
    onCall: (call: Extract<FromProposer, { readonly kind: "called" }>["call"]) => say({ kind: "called", call }),
  };
  say({ kind: "proposed", result: proposer.ok ? await proposer.value.propose(request) : proposer });
}

process.on("message", (message) => {
  // The one who speaks is the process that started us, in our own words.
  void hear(message as ToProposer);
});
// Whoever asked is gone; an answer would reach nobody.
process.on("disconnect", () => process.exit(0));
