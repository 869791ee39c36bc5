import { hash } from "node:crypto";
import { closeSync, existsSync, openSync, statSync, writeSync } from "node:fs";
import { type Problem, problem } from "../core/value/codes.ts";
import { parseDigest } from "../core/value/digest.ts";
import { readRegular } from "../intake/read-file.ts";
import type { LogEnd } from "../ports.ts";
import { StoreDamage } from "./store-damage.ts";

/**
 * The content of a head file: where the log ended when it was last acknowledged. It is kept apart from the database, so
 * that a shortened or swapped database is noticed. `damaged` if the file exists but neither of its lines holds.
 */
export type HeadFile =
  | { readonly kind: "absent" }
  | { readonly kind: "damaged" }
  | { readonly kind: "head"; readonly head: LogEnd };

/**
 * The file has two lines of one disk sector each, which are written in turn. If power fails, at most one of them is
 * torn, and the other is one commit old. It is written after a synced commit and not synced itself, so it may be behind
 * the log but never ahead.
 */
const lineBytes = 512;
const newline = 0x0a;

/** Keeps the head file of an open store. */
export class HeadFileWriter {
  readonly #file: number;
  readonly #sector = Buffer.alloc(lineBytes);
  #line = 0;

  /** Opens the file, creating it if needed. Its content stays until the first `write`. */
  constructor(path: string) {
    // Not "a": on Linux, an appending descriptor ignores the position of a write.
    if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600));
    // A pipe would take what is written, and nobody could read it back.
    if (!statSync(path).isFile()) throw new StoreDamage(damagedHead());
    this.#file = openSync(path, "r+");
    const known = readHeadFile(path);
    // The older of the two lines, or the torn one, is the one to overwrite.
    this.#line = known.kind === "head" && known.head.length === lengthAt(path, 0) ? 1 : 0;
  }

  /**
   * Throws what the file system throws: full disk, I/O error.
   *
   * Cost: one write of one sector.
   */
  write(head: LogEnd): void {
    this.#sector.fill(" ").write(formatLine(head), 0, "latin1");
    this.#sector[lineBytes - 1] = newline;
    writeSync(this.#file, this.#sector, 0, lineBytes, this.#line * lineBytes);
    this.#line = 1 - this.#line;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The problem of a head file that no commit of ours can have left behind. */
export function damagedHead(): Problem {
  return problem(
    "E_STORE_CORRUPT",
    "/head",
    "the file that holds the acknowledged head is damaged",
    "verify the log; where it holds by itself, remove `log.head` beside it",
    { do: "verify_log" },
  );
}

/** The head that was written last. */
export function readHeadFile(path: string): HeadFile {
  if (!existsSync(path)) return { kind: "absent" };
  const text = readText(path);
  // A pipe, a folder, or a file that is far too long: no commit of ours left it.
  if (text === null) return { kind: "damaged" };
  // It was created but not written yet, so nothing was acknowledged.
  if (text.length === 0) return { kind: "absent" };
  const heads = [0, 1].map((line) => parseLine(text, line)).filter((head) => head !== null);
  const [first, second] = heads;
  if (first === undefined) return { kind: "damaged" };
  return { kind: "head", head: second !== undefined && second.length > first.length ? second : first };
}

function formatLine({ length, head }: LogEnd): string {
  const fields = `{"format":"interlock.head/1","length":${length},"head":"${head}"`;
  return `${fields},"check":"${hash("sha256", fields)}"}`;
}

function parseLine(text: string, line: number): LogEnd | null {
  const match =
    /^(\{"format":"interlock\.head\/1","length":(\d{1,16}),"head":"([^"]*)"),"check":"([0-9a-f]{64})"\} *\n$/.exec(
      text.slice(line * lineBytes, (line + 1) * lineBytes),
    );
  const [, fields = "", length, digest = "", check] = match ?? [];
  const head = parseDigest(digest);
  return head.ok && check === hash("sha256", fields) ? { length: Number(length), head: head.value } : null;
}

function lengthAt(path: string, line: number): number | null {
  return parseLine(readText(path) ?? "", line)?.length ?? null;
}

function readText(path: string): string | null {
  const bytes = readRegular(path, { bytesMax: 16 * lineBytes });
  return bytes.ok ? bytes.value.toString("latin1") : null;
}
