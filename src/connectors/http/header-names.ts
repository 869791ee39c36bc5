import { type Parser, recordOf, text } from "../../core/value/shape.ts";

// A template may not set headers that frame the message, route it, carry a credential or change the method: each has a
// field of its own, or none. A method override would turn a read into a write behind the label (I13).
const reserved: ReadonlySet<string> = new Set([
  "accept-encoding",
  "authorization",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "idempotency-key",
  "if-match",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
]);

/** A header's name in lower case that a template or a site may set. */
const headerName: Parser<string> = (value, at) => {
  const says = "a header's name in lower case, not one that frames the request or carries a credential";
  const read = text({ charsMin: 1, charsMax: 64, pattern: /^[a-z][a-z0-9-]*$/, says })(value, at);
  if (read === undefined || !reserved.has(read)) return read;
  at.problems.push({
    code: "E_SCHEMA",
    pointer: at.pointer,
    message: `the header \`${read}\` is not for a template`,
    hint: "use the field made for it: `auth`, `ifMatch`, `key`, `body`",
  });
  return undefined;
};

/** A header's value: visible ASCII and spaces, so that nobody ends the line and begins another header. */
export const headerValue: Parser<string> = text({
  charsMax: 4_096,
  pattern: /^[\x20-\x7e]*$/,
  says: "visible ASCII on one line",
});

/** Extra headers; `value` reads each one's value. */
export function headersOf(value: Parser<string>): Parser<Readonly<Record<string, string>>> {
  return recordOf(value, { key: headerName, entriesMax: 32 });
}
