import { findPathFlaw } from "../../core/domain/path-value.ts";
import { limits } from "../../core/value/limits.ts";
import { parsePointer } from "../../core/value/pointer.ts";
import {
  anyJson,
  boolean,
  integer,
  listOf,
  oneOf,
  type Parsed,
  type Parser,
  refine,
  refuseAt,
  text,
} from "../../core/value/shape.ts";
import { object, optional, withDefault } from "../../core/value/shape-object.ts";
import type { Slots } from "../template-slots.ts";

/** Where a connection's files are: every path lies below `root`, an absolute path. */
export const fileSettings = object({
  root: text({
    charsMin: 1,
    charsMax: 4_096,
    pattern: /^\/[^\0]*$/,
    says: "an absolute path",
    code: "E_CONNECTION_SETTINGS",
  }),
});

/** The formats whose values can be read and changed one by one. */
const formats = ["json", "ini"] as const;

/** One of those formats. */
export type Format = (typeof formats)[number];

/** `path`, and `as`: what of the content the output shows. */
export function readTemplate(slots: Slots) {
  return object({
    path: slots.leaf(relativePath),
    as: withDefault(oneOf(["digest", "text", ...formats]), "digest" as const),
  });
}

/**
 * The whole new content: `content` (text) or `json` (written with two spaces of indentation); `ifMatch` is the fence.
 */
export function writeTemplate(slots: Slots) {
  const fields = object({
    path: slots.leaf(relativePath),
    content: optional(slots.secretLeaf(content)),
    json: optional(anyJson()),
    ifMatch: optional(slots.leaf(fence)),
    evenIfReadOnly,
    mode: withDefault(integer({ min: 0, max: 0o777 }), 0o644),
  });
  return refine(fields, (call, at) =>
    (call.content === undefined) !== (call.json === undefined)
      ? call
      : refuseAt(at, "E_SCHEMA", "one of `content` and `json` says what is written"),
  );
}

/** Some values of a file, each named by its pointer; everything else stays as it is, byte for byte. */
export function editTemplate(slots: Slots) {
  const change = object({ pointer: pointer, value: anyJson() });
  return object({
    path: slots.leaf(relativePath),
    format: oneOf(formats),
    set: listOf(change, { itemsMin: 1, itemsMax: 64 }),
    ifMatch: optional(slots.leaf(fence)),
    evenIfReadOnly,
  });
}

/** Removes a file. */
export function deleteTemplate(slots: Slots) {
  return object({ path: slots.leaf(relativePath), ifMatch: optional(slots.leaf(fence)), evenIfReadOnly });
}

/** A file's edit, every binding resolved. */
export type EditCall = Parsed<ReturnType<typeof editTemplate>>;

/** A read-only file is changed only where the template says so. It is no place for an argument: the domain decides. */
const evenIfReadOnly = withDefault(boolean(), false);

const relativePath: Parser<string> = (value, at) => {
  const written = text({ charsMax: 4_096 })(value, at);
  if (written === undefined) return undefined;
  const flaw = findPathFlaw(written, 1_024);
  return flaw === undefined ? written : refuseAt(at, "E_ARG_PATH", flaw);
};

const content: Parser<string> = (value, at) => {
  const written = text({ charsMax: limits.bodyBytesMax })(value, at);
  return written === undefined || written.isWellFormed()
    ? written
    : refuseAt(at, "E_CALL_INVALID", "the content is not well-formed Unicode");
};

/** SHA-256 of the content that must still be there, or `absent`. */
const fence = text({
  pattern: /^(?:[0-9a-f]{64}|absent)$/,
  says: "the SHA-256 of the present content in hexadecimal, or `absent`",
  code: "E_CALL_INVALID",
});

const pointer: Parser<readonly string[]> = (value, at) => {
  const written = text({ charsMin: 1, charsMax: 1_024 })(value, at);
  if (written === undefined) return undefined;
  const tokens = parsePointer(written);
  return tokens.ok ? tokens.value : refuseAt(at, "E_SCHEMA", tokens.error);
};
