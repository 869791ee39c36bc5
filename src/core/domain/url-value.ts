import { quote } from "../value/text.ts";

const urlPattern = /^(https?):\/\/([^/?#]*)([/?#].*)?$/;
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;

/**
 * Why a text is not an http or https address at one of the listed hosts; `undefined` when it is one.
 *
 * Hosts are compared as they are written, `host` or `host:port`, in lower case, without wildcards and without resolving
 * a name. Any other spelling of an address is refused, whatever it would resolve to: decimal, octal, hexadecimal,
 * IPv6-mapped, with a trailing dot, with a user part, or in another alphabet. The message says so if the spelling is
 * that of a local or a metadata address.
 */
export function findUrlFlaw(value: string, hosts: readonly string[]): string | undefined {
  // URL parsers drop tabs and line feeds and read backslashes as slashes. What is compared must be what is called.
  if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(value))
    return `${quote(value)} holds spaces, backslashes or characters outside ASCII`;
  const match = urlPattern.exec(value);
  const authority = match?.[2];
  if (authority === undefined) return `${quote(value)} is not an http or https address`;
  if (authority.includes("@")) return `${quote(value)} carries a user or password`;
  if (/(^|\/)(\.|%2e){2}(\/|$)/i.test((match?.[3] ?? "").replace(/[?#].*$/, "")))
    return `${quote(value)} climbs with \`..\``;
  if (!hosts.includes(authority)) return describeForeignHost(authority, hosts);
  return hostPattern.test(authority) ? undefined : `${quote(authority)} is not a host written plainly`;
}

function describeForeignHost(authority: string, hosts: readonly string[]): string {
  const host = authority.replace(/:[0-9]*$/, "").toLowerCase();
  const special = specialHostOf(host);
  const kind = special === undefined ? "" : ` (${special})`;
  return `the host ${quote(authority)}${kind} is not one of ${hosts.slice(0, 3).map(quote).join(", ")}`;
}

/** Which kind of local address a host is in any spelling; `undefined` for an ordinary host. */
export function specialHostOf(host: string): string | undefined {
  if (/^(metadata(\.google\.internal)?|instance-data)\.?$/.test(host)) return "a cloud's metadata service";
  if (/(^|\.)localhost\.?$/.test(host)) return "this machine";
  const address = ipv4Of(host);
  if (address === undefined)
    return /^\[(::1?|f[cde][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*)\]$/.test(host) ? "a local IPv6 address" : undefined;
  const [first, second] = [address >>> 24, (address >>> 16) & 255];
  if (first === 169 && second === 254) return "a link-local address, where clouds serve their credentials";
  if (first === 127 || first === 0) return "this machine";
  const isPrivate =
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168) ||
    (first === 100 && second >= 64 && second < 128);
  return isPrivate ? "a private address" : undefined;
}

// An address as inet_aton reads it, and with it browsers and many clients: one to four decimal, octal or hexadecimal
// parts.
function ipv4Of(host: string): number | undefined {
  const mapped = /^\[(?:0*:)*:?(?:ffff:)?(?:([0-9.]+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))\]$/.exec(host);
  if (mapped?.[2] !== undefined && mapped[3] !== undefined)
    return ((Number.parseInt(mapped[2], 16) << 16) | Number.parseInt(mapped[3], 16)) >>> 0;
  const parts = (mapped?.[1] ?? host).replace(/\.$/, "").split(".").map(numberOf);
  const last = parts.pop();
  if (last === undefined || parts.length > 3 || last >= 256 ** (4 - parts.length)) return undefined;
  let address = last;
  for (const [index, part] of parts.entries()) {
    if (part === undefined || part > 255) return undefined;
    address += part * 256 ** (3 - index);
  }
  return address >>> 0;
}

function numberOf(part: string): number | undefined {
  if (/^0x[0-9a-f]*$/.test(part)) return Number.parseInt(part.slice(2) || "0", 16);
  if (/^0[0-7]*$/.test(part)) return Number.parseInt(part, 8);
  return /^[1-9][0-9]*$/.test(part) ? Number(part) : undefined;
}
