import type { Call } from "../../core/plan/plan.ts";
import type { SendCommand } from "../../core/run/words/command.ts";
import type { Reply } from "../../core/run/words/input.ts";
import { problem } from "../../core/value/codes.ts";
import { askConnector } from "../../ports/guard-connector.ts";
import type { ResolveSecret } from "../../ports.ts";
import { classifyOutput } from "./classify.ts";
import type { Connections } from "./connections.ts";
import { redactReply } from "./redact.ts";
import { bindSecrets, hasSecret } from "./secrets.ts";

/** What carrying out calls needs from the site. */
export interface EffectContext {
  readonly connections: Connections;
  readonly resolveSecret: ResolveSecret;
  readonly signal: AbortSignal;
}

/**
 * Carries out one attempt, once. If something goes wrong before anything has left, the reply is `not_sent`, never
 * `unknown`.
 */
export async function performSend(command: SendCommand, context: EffectContext): Promise<Reply> {
  const reply = await performCall(command.call, context);
  if (reply.kind !== "applied" || command.outcomes.length === 0) return reply;
  return { ...reply, outcome: await classifyOutput(command.outcomes, reply.output) };
}

/** Makes one call through its connector. This is the only place where secrets are bound. */
export async function performCall(call: Call, context: EffectContext): Promise<Reply> {
  const connection = context.connections.get(call.connection);
  if (connection === undefined || connection.connector.name !== call.connector) {
    return {
      kind: "not_sent",
      problem: problem("E_CONNECTION_UNKNOWN", "", `the connection \`${call.connection}\` is not configured here`),
    };
  }
  const request = {
    operation: call.operation,
    access: call.access,
    timeoutMs: call.timeoutMs,
    outputBytesMax: call.outputBytesMax,
    signal: context.signal,
  };
  if (!hasSecret(call.with) && !hasSecret(connection.settings))
    return askConnector(connection.connector, { ...request, with: call.with, settings: connection.settings });
  const used: string[] = [];
  const resolve: ResolveSecret = async (reference) => {
    const secret = await context.resolveSecret(reference);
    if (secret.ok) used.push(secret.value);
    return secret;
  };
  const template = await bindSecrets(call.with, connection.secrets, resolve);
  if (!template.ok) return { kind: "not_sent", problem: template.error };
  const settings = await bindSecrets(connection.settings, connection.secrets, resolve);
  if (!settings.ok) return { kind: "not_sent", problem: settings.error };
  const reply = await askConnector(connection.connector, {
    ...request,
    with: template.value,
    settings: settings.value,
  });
  return redactReply(reply, used);
}
