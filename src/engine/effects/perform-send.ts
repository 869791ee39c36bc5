import { problem } from "../../core/value/codes.ts";
import type { Reply } from "../../core/run/input.ts";
import type { SendCommand } from "../../core/run/command.ts";
import type { JsonValue } from "../../core/value/json.ts";
import type { Call } from "../../core/plan/plan.ts";
import type { ResolveSecret } from "../../connectors/connector.ts";
import { classifyOutput } from "./classify.ts";
import type { Connections } from "./connections.ts";
import { bindSecrets } from "./secrets.ts";

/** What carrying out calls needs from the site. */
export interface EffectContext {
  readonly connections: Connections;
  readonly resolveSecret: ResolveSecret;
  readonly signal: AbortSignal;
}

/** Carries out one attempt once. Whatever goes wrong before anything leaves is `not_sent`, never `unknown`. */
export async function performSend(command: SendCommand, context: EffectContext): Promise<Reply> {
  const reply = await performCall(command.call, context);
  if (reply.kind !== "applied" || command.outcomes.length === 0) return reply;
  return { ...reply, outcome: await classifyOutput(command.outcomes, reply.output) };
}

/** One call through its connector, secrets bound on the way and nowhere else. */
export async function performCall(call: Call, context: EffectContext): Promise<Reply> {
  const connection = context.connections.get(call.connection);
  if (connection === undefined || connection.connector.name !== call.connector) {
    return { kind: "not_sent", problem: problem("E_CONNECTION_UNKNOWN", "", `the connection \`${call.connection}\` is not configured here`) };
  }
  const template = await bindSecrets(call.with, connection.secrets, context.resolveSecret);
  if (!template.ok) return { kind: "not_sent", problem: template.error };
  const settings = await bindSecrets(connection.settings, connection.secrets, context.resolveSecret);
  if (!settings.ok) return { kind: "not_sent", problem: settings.error };
  return connection.connector.perform({
    operation: call.operation, access: call.access, with: template.value, settings: settings.value as JsonValue,
    timeoutMs: call.timeoutMs, outputBytesMax: call.outputBytesMax, signal: context.signal,
  });
}
