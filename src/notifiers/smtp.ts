import { connect, type Socket } from "node:net";
import { specialHostOf } from "../core/domain/url-value.ts";
import { commandOf } from "../core/value/next-command.ts";
import { ok } from "../core/value/result.ts";
import { escapeControls, escapeRest } from "../core/value/text.ts";
import type { Notification, Notifier } from "../ports.ts";
import { type Delivery, deliver, errorName, notDelivered } from "./deliver.ts";

/**
 * How the way to a mail server is protected. `starttls` and `implicit` verify the server's certificate, and never fall
 * back to plain text; `none` is for a server on this machine.
 */
export type MailProtection = "starttls" | "implicit" | "none";

/** A mail server, and who gets the mail. The caller has resolved the password. */
export interface SmtpSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: MailProtection;
  /** Shows who we are; `null` for a server that asks for nothing. */
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly from: string;
  /** One mailbox or list, so that a mail is either taken or not. */
  readonly to: string;
  readonly timeoutMs: number;
}

/** Why mail may not be sent without protection to this host; `null` if it may. */
export function findMailFlaw(host: string, tls: MailProtection): string | null {
  const isLoopback = specialHostOf(host) === "this machine" || host === "::1" || host === "[::1]";
  return tls === "none" && !isLoopback ? "mail to another machine goes over TLS" : null;
}

/**
 * Sends each notification as a mail in plain text, with the notification itself attached as `notification.json`. Its
 * Message-ID is made of the delivery's id, so it is the same whenever that is sent again, and mails about one thing
 * form a thread. It counts as delivered once the server has taken it over (RFC 5321).
 */
export function smtpNotifier(settings: SmtpSettings): Notifier {
  const { name, timeoutMs } = settings;
  return {
    name,
    notify: (notification, signal) =>
      deliver(name, { timeoutMs, signal }, (stop) => send(settings, notification, stop)),
  };
}

async function send(settings: SmtpSettings, notification: Notification, signal: AbortSignal): Promise<Delivery> {
  const { name, host, port, tls, login, timeoutMs } = settings;
  const { createTransport } = await import("nodemailer");
  let socket: Socket | null = null;
  const transport = createTransport({
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    // Ours, so that an interruption ends the conversation at once.
    getSocket: (_, give) => {
      const connection = connect({ host, port });
      socket = connection;
      connection.once("error", (error) => give(error, undefined));
      connection.once("connect", () => give(null, { connection }));
    },
  });
  const end = (): void => void socket?.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    await transport.sendMail(mailOf(settings, notification));
    return ok(undefined);
  } catch (error) {
    return notDelivered(name, `cannot send mail by \`${host}:${port}\` (${whatFailed(error)})`);
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

/** The library's name of an error, and the server's number. The server's words may quote anything, and are left out. */
function whatFailed(error: unknown): string {
  const said = typeof error === "object" && error !== null && "responseCode" in error ? error.responseCode : undefined;
  return typeof said === "number" ? `${errorName(error)}, ${said}` : errorName(error);
}

function mailOf({ name, from, to }: SmtpSettings, notification: Notification) {
  const domain = from.slice(from.lastIndexOf("@") + 1);
  const { id, deliveryId } = notification;
  return {
    from,
    to,
    subject: `[interlock] ${escapeRest(notification.summary)}`.slice(0, 200),
    text: textOf(notification),
    messageId: `<${deliveryId}.${name}@${domain}>`,
    references: [`<${id}@${domain}>`],
    headers: {
      "X-Interlock-Notification": id,
      "X-Interlock-Delivery": deliveryId,
      // RFC 3834: no vacation notice answers this.
      "Auto-Submitted": "auto-generated",
    },
    attachments: [
      { filename: "notification.json", contentType: "application/json", content: JSON.stringify(notification) },
    ],
  };
}

/** The mail's text. What to do next stands there as commands, because a mail has no buttons. */
export function textOf({ id, summary, text, next, owner, escalation, atMs }: Notification): string {
  const isReminder = escalation.round > 1 || escalation.step > 1;
  const commands = next.map((step) => `  interlock ${commandOf(step).join(" ")}`);
  return [
    escapeRest(summary),
    ...(text.length === 0 ? [] : ["", ...text.map(escapeControls)]),
    ...(commands.length === 0 ? [] : ["", "Next:", ...commands]),
    "",
    ...(owner === null ? [] : [`This waits for ${owner}${isReminder ? ", and nobody has acknowledged it" : ""}.`]),
    `Since ${new Date(atMs).toISOString()}, ${id}`,
    "",
  ].join("\n");
}
