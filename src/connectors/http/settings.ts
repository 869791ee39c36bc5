import { specialHostOf } from "../../core/domain/url-value.ts";
import { boolean, oneOf, type Parsed, type Parser, refine, refuseAt, text } from "../../core/value/shape.ts";
import { object, optional, taggedBy, withDefault } from "../../core/value/shape-object.ts";
import { quote } from "../../core/value/text.ts";
import type { SecretSlot } from "../secret-slot.ts";
import { headersOf, headerValue } from "./header-names.ts";

/** Where a connection leads and with which credentials, secrets resolved. */
export type HttpSettings = Parsed<ReturnType<typeof httpSettings>>;

/** How a request says who sends it. */
export type Credential = Parsed<ReturnType<typeof credential>>;

/**
 * The settings of a connection:
 *
 *     base: https://array.example/api      where every path begins; nothing is ever sent to another origin
 *     auth: { kind: bearer, token: { $secret: token } }        or basic (user, password), or header (name, value)
 *     readAuth: { ... }                    used instead by every read, so that a read cannot write (I13)
 *     headers: { x-tenant: shop }
 *     cleartext: true                      permits a credential over http to another machine
 */
export function httpSettings(secret: SecretSlot) {
  const fields = object({
    base: baseUrl,
    auth: optional(credential(secret)),
    readAuth: optional(credential(secret)),
    headers: withDefault(headersOf(headerValue), {}),
    cleartext: withDefault(boolean(), false),
  });
  return refine(fields, (settings, at) => {
    const isSecret = settings.auth !== undefined || settings.readAuth !== undefined;
    const isClear =
      settings.base.protocol === "http:" &&
      specialHostOf(settings.base.hostname) !== "this machine" &&
      settings.base.hostname !== "[::1]";
    if (!isSecret || !isClear || settings.cleartext) return settings;
    return refuseAt(
      at,
      "E_CONNECTION_SETTINGS",
      `the credential would travel in clear to ${quote(settings.base.host)}`,
      "use https, or say `cleartext: true`",
    );
  });
}

function credential(secret: SecretSlot) {
  return taggedBy("kind", {
    bearer: object({ kind: oneOf(["bearer"]), token: secret }),
    basic: object({
      kind: oneOf(["basic"]),
      user: text({ charsMin: 1, charsMax: 256, pattern: /^[^:\p{C}]+$/u, says: "a user's name without colon" }),
      password: secret,
    }),
    header: object({
      kind: oneOf(["header"]),
      name: text({ charsMax: 64, pattern: /^x-[a-z0-9-]+$/, says: "a header's name that begins with `x-`" }),
      value: secret,
    }),
  });
}

/** Origin and first part of the path; a query, a fragment or a password in it would be lost or logged. */
const baseUrl: Parser<URL> = (value, at) => {
  const written = text({ charsMin: 1, charsMax: 2_048 })(value, at);
  if (written === undefined) return undefined;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return refuseAt(
      at,
      "E_CONNECTION_SETTINGS",
      `${quote(written)} is not an http or https address`,
      "write it as `https://host:port/path`",
    );
  }
  if (url.username !== "" || url.password !== "") {
    return refuseAt(
      at,
      "E_CONNECTION_SETTINGS",
      "the address carries a user or password",
      "use `auth` with a secret's reference",
    );
  }
  return url.search === "" && url.hash === ""
    ? url
    : refuseAt(at, "E_CONNECTION_SETTINGS", `${quote(written)} ends in a query or fragment`, "leave it out");
};
