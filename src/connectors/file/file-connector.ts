import { join } from "node:path";
import type { Reply } from "../../core/run/words/input.ts";
import { isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { type Parser, parseWith } from "../../core/value/shape.ts";
import { quote } from "../../core/value/text.ts";
import { decodeUtf8 } from "../../core/value/utf8.ts";
import type { Connector, ConnectorOperation, ConnectorRequest } from "../../ports.ts";
import { readAnsweredJson } from "../read-answer.ts";
import { applied, notSent, rejected } from "../reply.ts";
import { boundSlots, describeFirst, problemsOfSettings, problemsOfTemplate, type Slots } from "../template-slots.ts";
import { withinTime } from "../within-time.ts";
import { type Change, deleteFile, type Rewrite, replaceFile } from "./change-file.ts";
import { editIni, readIni } from "./edit-ini.ts";
import { editJson } from "./edit-json.ts";
import { type OpenFolder, openFolder } from "./open-folder.ts";
import { readPresent, versionOf } from "./present-file.ts";
import {
  deleteTemplate,
  type EditCall,
  editTemplate,
  type Format,
  fileSettings,
  readTemplate,
  writeTemplate,
} from "./template.ts";

/**
 * Files below a root. `read` opens for reading only and gives `{path, exists, sha256, sizeBytes, content, value}`;
 * `write`, `edit` and `delete` change a file in one step, compare its SHA-256 first where the template binds the fence,
 * follow no symbolic link and never leave the root. The fence of a file that is not there is `absent`.
 */
export const fileConnector: Connector = {
  name: "file",
  operations: [
    { ...operation("read", { enforcesRead: true }, readTemplate), textsAt },
    operation("write", { enforcesRead: false }, writeTemplate),
    operation("edit", { enforcesRead: false }, editTemplate),
    operation("delete", { enforcesRead: false }, deleteTemplate),
  ],
  checkSettings: (settings, pointer) => problemsOfSettings(fileSettings, settings, pointer),
  perform,
};

/** In an INI file every value is a text. */
function textsAt(template: JsonValue): readonly string[] {
  return isJsonObject(template) && template["as"] === "ini" ? ["/value"] : [];
}

function operation<T>(
  name: string,
  { enforcesRead }: { readonly enforcesRead: boolean },
  grammar: (slots: Slots) => Parser<T>,
): ConnectorOperation {
  return {
    name,
    enforcesRead,
    checkTemplate: (template, _access, pointer) => problemsOfTemplate(grammar, template, pointer),
    worksOn: (template, settings) => {
      const path = isJsonObject(template) ? template["path"] : null;
      return typeof path === "string" ? rootsOf(settings).map((root) => join(root, path)) : [];
    },
    worksIn: rootsOf,
  };
}

function rootsOf(settings: JsonValue): readonly string[] {
  const root = isJsonObject(settings) ? settings["root"] : null;
  return typeof root === "string" ? [root] : [];
}

/** One call, as its template declares it. */
interface PlannedCall {
  readonly path: string;
  readonly carryOut: (
    place: { readonly folder: OpenFolder; readonly name: string },
    isOver: () => boolean,
  ) => Promise<Reply>;
  /** What a missing folder means: an answer to a read, a refusal to a write. */
  readonly onMissingFolder: (message: string) => Reply;
}

async function perform(request: ConnectorRequest): Promise<Reply> {
  if (request.access === "read" && request.operation !== "read")
    return notSent("E_CALL_INVALID", `a read is never carried out by \`${request.operation}\``);
  const settings = parseWith(fileSettings, request.settings);
  if (!settings.ok) return notSent("E_CONNECTION_SETTINGS", describeFirst(settings.error));
  const planned = planCall(request);
  if (!planned.ok) return notSent("E_CALL_INVALID", planned.error);
  return withinTime(request, async (isOver) => {
    const opened = await openFolder(settings.value.root, planned.value.path);
    if (!opened.ok) {
      if (opened.error.kind === "no_root") return notSent("E_TARGET_UNREACHABLE", opened.error.message);
      return opened.error.kind === "missing"
        ? planned.value.onMissingFolder(opened.error.message)
        : rejected("E_TARGET_REFUSED", opened.error.message);
    }
    try {
      return await planned.value.carryOut(opened.value, isOver);
    } finally {
      await opened.value.folder.close();
    }
  });
}

function planCall(request: ConnectorRequest): Result<PlannedCall, string> {
  const refused = (message: string): Reply => rejected("E_TARGET_REFUSED", message);
  const change = (call: {
    readonly ifMatch?: string;
    readonly evenIfReadOnly: boolean;
  }): Pick<Change, "ifMatch" | "evenIfReadOnly" | "bytesMax"> => ({
    ifMatch: call.ifMatch ?? null,
    evenIfReadOnly: call.evenIfReadOnly,
    bytesMax: limits.outputBytesMax,
  });
  switch (request.operation) {
    case "read":
      return planned(readTemplate, request.with, (call) => ({
        path: call.path,
        carryOut: ({ folder, name }) => readFile({ ...call, folder, name, bytesMax: request.outputBytesMax }),
        onMissingFolder: () =>
          applied({ path: call.path, exists: false, sha256: "absent", sizeBytes: 0, content: null, value: null }, 0),
      }));
    case "write":
      return planned(writeTemplate, request.with, (call) => {
        const bytes = Buffer.from(call.content ?? `${JSON.stringify(call.json, null, 2)}\n`);
        const rewrite: Rewrite = () => ({ kind: "bytes", bytes, mode: call.mode });
        return {
          path: call.path,
          carryOut: (place, isOver) => replaceFile({ ...place, ...change(call), isOver }, rewrite),
          onMissingFolder: refused,
        };
      });
    case "edit":
      return planned(editTemplate, request.with, (call) => ({
        path: call.path,
        carryOut: (place, isOver) => replaceFile({ ...place, ...change(call), isOver }, rewriteBy(call)),
        onMissingFolder: refused,
      }));
    case "delete":
      return planned(deleteTemplate, request.with, (call) => ({
        path: call.path,
        carryOut: (place, isOver) => deleteFile({ ...place, ...change(call), isOver }),
        onMissingFolder: refused,
      }));
    default:
      return fail(`the connector \`file\` has no operation ${quote(request.operation)}`);
  }
}

function planned<T>(
  grammar: (slots: Slots) => Parser<T>,
  template: JsonValue,
  plan: (call: T) => PlannedCall,
): Result<PlannedCall, string> {
  const call = parseWith(grammar(boundSlots), template);
  return call.ok ? { ok: true, value: plan(call.value) } : fail(describeFirst(call.error));
}

interface ReadCall {
  readonly folder: OpenFolder;
  readonly name: string;
  readonly path: string;
  readonly as: "digest" | "text" | Format;
  readonly bytesMax: number;
}

async function readFile({ folder, name, path, as, bytesMax }: ReadCall): Promise<Reply> {
  const present = await readPresent(folder, name, bytesMax);
  if (!present.ok) return { kind: "rejected", problem: present.error, retryable: false };
  const bytes = present.value.kind === "file" ? present.value.bytes : Buffer.alloc(0);
  const seen = {
    path,
    exists: present.value.kind === "file",
    sha256: versionOf(present.value),
    sizeBytes: bytes.length,
  };
  if (as === "digest" || !seen.exists) return applied({ ...seen, content: null, value: null }, bytes.length);
  if (as === "text") {
    const text = decodeUtf8(bytes);
    if (!text.ok) return rejected("E_OUTPUT_INVALID", `${quote(path)} is not UTF-8`);
    return applied({ ...seen, content: text.value, value: null }, bytes.length);
  }
  const value = readers[as](bytes);
  if (!value.ok) return rejected("E_OUTPUT_INVALID", `${quote(path)} cannot be read as ${as}: ${value.error}`);
  return applied({ ...seen, content: null, value: value.value }, bytes.length);
}

const readers: Readonly<Record<Format, (bytes: Buffer) => Result<JsonValue, string>>> = {
  json: readAnsweredJson,
  ini: (bytes) => {
    const text = decodeUtf8(bytes);
    return text.ok ? readIni(text.value) : fail("it is not UTF-8");
  },
};

const editors = { json: editJson, ini: editIni } as const satisfies Readonly<Record<Format, unknown>>;

function rewriteBy(call: EditCall): Rewrite {
  const refuse = (why: string): ReturnType<Rewrite> => ({
    kind: "refused",
    reply: rejected("E_TARGET_REFUSED", `${quote(call.path)}: ${why}`),
  });
  return (present) => {
    if (present.kind === "absent") return refuse("there is no such file");
    const text = decodeUtf8(present.bytes);
    if (!text.ok) return refuse("the file is not UTF-8");
    let edited = text.value;
    for (const change of call.set) {
      const next = editors[call.format](edited, change);
      if (!next.ok) return refuse(`\`/${change.pointer.join("/")}\`: ${next.error}`);
      edited = next.value;
    }
    return { kind: "bytes", bytes: Buffer.from(edited), mode: present.mode };
  };
}
