import { createHmac } from "node:crypto";
import { specialHostOf } from "../core/domain/url-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { Notification, Notifier } from "../ports.ts";
import { type Delivery, deliver, errorName, notDelivered } from "./deliver.ts";

/** Where a webhook leads. The caller has resolved `secret`. */
export interface WebhookSettings {
  readonly name: string;
  /**
   * An https address, or an http address of this machine. It may hold a token, so no message quotes more than its
   * host.
   */
  readonly url: string;
  /** Signs each notification, so that the receiver can tell ours from anybody else's; `null` sends it unsigned. */
  readonly secret: string | null;
  readonly timeoutMs: number;
}

/**
 * Sends each notification as one JSON document, `interlock.notification/1`, by POST. Any 2xx means that it was
 * delivered. Redirects are not followed. With a secret the header `x-interlock-signature` is `sha256=` and the
 * HMAC-SHA256 of the body's bytes in hexadecimal (RFC 2104). The header `idempotency-key` is the delivery's id, for a
 * receiver that keeps what it has been told.
 *
 * @returns the notifier, or in one line why the address is refused
 */
export function webhookNotifier({ name, url, secret, timeoutMs }: WebhookSettings): Result<Notifier, string> {
  const flaw = findWebhookFlaw(url);
  if (flaw !== null) return fail(flaw);
  return ok({
    name,
    notify: (notification, signal) =>
      deliver(name, { timeoutMs, signal }, (stop) => post({ name, url: new URL(url), secret }, notification, stop)),
  });
}

/** Why a webhook may not have this address, in one line that does not show it; `null` if it may. */
export function findWebhookFlaw(written: string): string | null {
  const url = URL.parse(written);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    return "a webhook's address is written `https://host/path`";
  if (url.username !== "" || url.password !== "") return "a webhook's address carries no user and no password";
  if (url.hash !== "") return "a webhook's address has no fragment";
  const isLoopback = specialHostOf(url.hostname) === "this machine" || url.hostname === "[::1]";
  return url.protocol === "https:" || isLoopback ? null : "a webhook on another machine is reached over https";
}

async function post(
  { name, url, secret }: { readonly name: string; readonly url: URL; readonly secret: string | null },
  notification: Notification,
  signal: AbortSignal,
): Promise<Delivery> {
  const body = JSON.stringify(notification);
  const signature =
    secret === null ? null : `sha256=${createHmac("sha256", secret).update(body, "utf8").digest("hex")}`;
  const headers = {
    "content-type": "application/json",
    "user-agent": "interlock",
    "idempotency-key": notification.deliveryId,
    ...(signature === null ? {} : { "x-interlock-signature": signature }),
  };
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
  } catch (error) {
    return notDelivered(name, `cannot reach \`${url.host}\` (${errorName(error)})`);
  }
  // What it answers says nothing that we would act on.
  await response.body?.cancel().catch(() => undefined);
  if (response.ok) return ok(undefined);
  const isRedirect = response.status >= 300 && response.status < 400;
  const addition = isRedirect ? ", a redirect, which is not followed" : "";
  return notDelivered(name, `got HTTP ${response.status} from \`${url.host}\`${addition}`);
}
