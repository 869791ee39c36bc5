import { resolve } from "node:path";
import { type Problem, problem } from "../core/value/codes.ts";
import { duration } from "../core/value/duration.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { secretReference } from "../core/value/secret-reference.ts";
import { integer, oneOf, type Parser, refine, refuseAt, text } from "../core/value/shape.ts";
import { object, optional, taggedBy, withDefault } from "../core/value/shape-object.ts";
import type { Notifier, ResolveSecret } from "../ports.ts";
import { linesNotifier } from "./lines.ts";
import { findMailFlaw, type MailProtection, smtpNotifier } from "./smtp.ts";
import { findWebhookFlaw, webhookNotifier } from "./webhook.ts";

const webhookUrl: Parser<string> = (value, at) => {
  const written = text({ charsMin: 1, charsMax: 2_048 })(value, at);
  if (written === undefined) return undefined;
  const flaw = findWebhookFlaw(written);
  return flaw === null ? written : refuseAt(at, "E_SCHEMA", flaw, "use https, or an address of this machine");
};

/**
 * One notifier as a site's configuration declares it. Paths are relative to that file; a secret is always a
 * reference.
 */
export type NotifierConfig =
  | {
      readonly kind: "webhook";
      readonly url: string;
      /** A reference to the key that signs what is sent. */
      readonly secret?: string;
      /** How long a delivery may take, in milliseconds. */
      readonly timeout: number;
    }
  | {
      readonly kind: "smtp";
      readonly host: string;
      readonly port: number;
      readonly tls: MailProtection;
      readonly from: string;
      readonly to: string;
      /** Both or neither. The password is a reference. */
      readonly user?: string;
      readonly password?: string;
      readonly timeout: number;
    }
  | { readonly kind: "lines"; readonly file: string };

const address = text({
  charsMin: 3,
  charsMax: 320,
  pattern: /^[^\s@<>,;:"()]+@[^\s@<>,;:"()]+$/,
  says: "a mail address",
});

const ports: Readonly<Record<MailProtection, number>> = { starttls: 587, implicit: 465, none: 25 };

const smtp = refine(
  object({
    kind: oneOf(["smtp"]),
    host: text({ charsMin: 1, charsMax: 253, pattern: /^[A-Za-z0-9.:-]+$/, says: "the name of a host" }),
    port: optional(integer({ min: 1, max: 65_535 })),
    tls: withDefault(oneOf(["starttls", "implicit", "none"]), "starttls"),
    from: address,
    to: address,
    user: optional(text({ charsMin: 1, charsMax: 320 })),
    password: optional(secretReference),
    timeout: withDefault(duration(), 8_000),
  }),
  (mail, at): Extract<NotifierConfig, { readonly kind: "smtp" }> | undefined => {
    const { host, tls, user, password, port = ports[tls] } = mail;
    const flaw = findMailFlaw(host, tls);
    if (flaw !== null) return refuseAt(at, "E_SCHEMA", flaw, "say `tls: starttls` or `tls: implicit`");
    if ((user === undefined) !== (password === undefined))
      return refuseAt(at, "E_SCHEMA", "`user` and `password` go together", "give both, or neither");
    return { ...mail, port };
  },
);

/**
 * One entry of a list of notifiers:
 *
 *     pager: { kind: webhook, url: "https://hooks.example/interlock", secret: "env:PAGER_SECRET", timeout: 5s }
 *     mail: { kind: smtp, host: mail.example, from: interlock@mail.example, to: oncall@mail.example }
 *     log: { kind: lines, file: notifications.jsonl }
 */
export const notifierConfig: Parser<NotifierConfig> = taggedBy("kind", {
  webhook: object({
    kind: oneOf(["webhook"]),
    url: webhookUrl,
    secret: optional(secretReference),
    timeout: withDefault(duration(), 5_000),
  }),
  smtp,
  lines: object({ kind: oneOf(["lines"]), file: text({ charsMin: 1, charsMax: 1_000 }) }),
});

/**
 * Makes a notifier of its configuration. Nothing is sent or written yet.
 *
 * @param at - the folder of the configuration, from which every relative path leads, and how references are resolved
 */
export async function openNotifier(
  name: string,
  config: NotifierConfig,
  at: { readonly folder: string; readonly resolveSecret: ResolveSecret },
): Promise<Result<Notifier, Problem>> {
  if (config.kind === "lines") return ok(linesNotifier(name, { file: resolve(at.folder, config.file) }));
  const reference = config.kind === "smtp" ? config.password : config.secret;
  const secret = reference === undefined ? ok(null) : await at.resolveSecret(fromFolder(reference, at.folder));
  if (!secret.ok) return secret;
  if (config.kind === "smtp") {
    const { host, port, tls, from, to, user = "", timeout } = config;
    const login = secret.value === null ? null : { user, password: secret.value };
    return ok(smtpNotifier({ name, host, port, tls, login, from, to, timeoutMs: timeout }));
  }
  const { url, timeout: timeoutMs } = config;
  const made = webhookNotifier({ name, url, secret: secret.value, timeoutMs });
  return made.ok ? made : fail(problem("E_SCHEMA", `/notifiers/${name}/url`, made.error));
}

function fromFolder(reference: string, folder: string): string {
  return reference.startsWith("file:") ? `file:${resolve(folder, reference.slice("file:".length))}` : reference;
}
