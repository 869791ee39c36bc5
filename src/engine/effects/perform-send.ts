import type { Call } from "../../core/plan/plan.ts";
import type { SendCommand } from "../../core/run/words/command.ts";
import type { Reply } from "../../core/run/words/input.ts";
import { problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { describeUnreadable, findUnreadable } from "../../core/value/unreadable.ts";
import { askConnector } from "../../ports/guard-connector.ts";
import type { Stop } from "../../ports/stop.ts";
import type { Clock, ConnectorRequest, ResolveSecret } from "../../ports.ts";
import { classifyOutput } from "./classify.ts";
import type { Connection, Connections } from "./connections.ts";
import { redactReply } from "./redact.ts";
import { bindSecrets, hasSecret } from "./secrets.ts";

/** What carrying out calls needs from the site. */
export interface EffectContext {
  readonly connections: Connections;
  readonly resolveSecret: ResolveSecret;
  readonly stop: Stop;
  /** Cuts off a connector that does not answer in its time. */
  readonly clock: Clock;
  /** The look that the calls are part of, for `ConnectorRequest.look`. */
  readonly look?: AbortSignal;
}

/** Hears a reply that came after its call had been cut off. */
type OnLate = (reply: Reply) => void;

/**
 * Carries out one attempt, once. If something goes wrong before anything has left, the reply is `not_sent`, never
 * `unknown`.
 */
export async function performSend(command: SendCommand, context: EffectContext, onLate: OnLate): Promise<Reply> {
  const late = (reply: Reply): void => void withOutcome(command, reply).then(onLate);
  const reply = await performCall(command.call, context, late);
  return command.outcomes.length === 0 ? reply : withOutcome(command, reply);
}

async function withOutcome(command: SendCommand, reply: Reply): Promise<Reply> {
  if (reply.kind !== "applied" || command.outcomes.length === 0) return reply;
  const outcome = await classifyOutput(command.outcomes, reply.output);
  const garbled = outcome === "none_of_these" ? findGarbled(reply.output) : null;
  if (garbled === null) return { ...reply, outcome };
  return { kind: "unknown", problem: problem("E_OUTPUT_INVALID", "", `the target answered with ${garbled}`) };
}

/** A body that was no answer at all: a classifier that reads it learns nothing, and the target may be asked again. */
function findGarbled(output: JsonValue): string | null {
  const marker = findUnreadable(output, []);
  return marker?.kind === "document" ? describeUnreadable(marker) : null;
}

/** Makes one call through its connector. This is the only place where secrets are bound. */
export function performCall(call: Call, context: EffectContext, onLate?: OnLate): Promise<Reply> {
  const connection = context.connections.get(call.connection);
  if (connection === undefined || connection.connector.name !== call.connector) {
    const message = `the connection \`${call.connection}\` is not configured here`;
    return Promise.resolve({ kind: "not_sent", problem: problem("E_CONNECTION_UNKNOWN", "", message) });
  }
  const { clock, stop } = context;
  // Not an async function, which would take three more turns to pass the reply on.
  return hasSecret(call.with) || hasSecret(connection.settings)
    ? performWithSecrets(call, connection, context, onLate)
    : askConnector(connection.connector, requestOf(call, call.with, connection.settings, context), {
        clock,
        onLate,
        stop,
      });
}

async function performWithSecrets(
  call: Call,
  connection: Connection,
  context: EffectContext,
  onLate: OnLate | undefined,
): Promise<Reply> {
  const { clock, stop } = context;
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
  const asked = requestOf(call, template.value, settings.value, context);
  const late = (reply: Reply): void => onLate?.(redactReply(reply, used));
  return redactReply(await askConnector(connection.connector, asked, { clock, onLate: late, stop }), used);
}

function requestOf(
  call: Call,
  template: JsonValue,
  settings: JsonValue,
  { look }: EffectContext,
): Omit<ConnectorRequest, "signal"> {
  const { operation, access, timeoutMs, outputBytesMax } = call;
  const request = { operation, access, timeoutMs, outputBytesMax, with: template, settings };
  return look === undefined || access === "write" ? request : { ...request, look };
}
