import { spawn } from "node:child_process";
import type { FileHandle } from "node:fs/promises";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { errorCode } from "./open-folder.ts";

// Node has no call that reads or writes extended attributes. GNU tar and GNU cp have: tar lists them, cp carries them.
// Nothing depends on what cp claims, because tar lists the copy once more.

/** How long one of the two programs may take. */
const programMs = 5_000;

/** Where a program finds the first file that is handed to it. Standard input, output and error come before. */
const firstDescriptor = 3;

/**
 * Gives a new file the mode, the access control list, the extended attributes and the security label of an old one, or
 * says why it cannot. Owner and content must be set before, because setting them takes some of these away.
 *
 * While this runs the new file is never open to more users than the old one: it keeps the mode that it was made with
 * until a list, if there is one, is set together with the mode.
 *
 * @returns `undefined` when the new file has them all, read back; otherwise what could not be kept
 */
export async function keepAttributes(old: FileHandle, fresh: FileHandle, mode: number): Promise<string | undefined> {
  const listed = await listAttributes([old, fresh]);
  if (!listed.ok) return listed.error;
  const [wanted = "", own = ""] = listed.value;
  // Under a list the mode's group digit is the list's mask and not the right of the group, so that the mode alone would
  // give the group what the list withholds. A folder can give a list to every new file in it, too.
  const isPlain = wanted === own && !/acl/i.test(wanted);
  if (isPlain) await fresh.chmod(mode);
  else {
    // cp sets such a bit before the list, and with it, for a moment, the mask as the right of the group.
    if ((mode & 0o7000) !== 0) return `the mode ${mode.toString(8)} and a list cannot be set in one step`;
    const carried = await runWith("cp", ["--attributes-only", "--preserve=mode,xattr", "--"], [old, fresh]);
    if (!carried.ok) return carried.error;
  }
  if (wanted !== "" || own !== "") {
    const again = await listAttributes([fresh]);
    if (!again.ok) return again.error;
    if (again.value[0] !== wanted) return "the new file would not have the same ones";
  }
  const modeNow = (await fresh.stat()).mode & 0o7777;
  return modeNow === mode ? undefined : `the new file would have the mode ${modeNow.toString(8)}`;
}

/** Which of the two programs this machine lacks, or has from others than GNU: no file that is there can be changed. */
export async function findMissingTools(): Promise<readonly string[]> {
  const programs = ["tar", "cp"] as const;
  const versions = await Promise.all(programs.map((program) => runWith(program, ["--version"], [])));
  return programs.filter((_, index) => {
    const version = versions[index];
    return version?.ok !== true || !version.value.includes("GNU");
  });
}

/** What tar says of each file beyond mode, owner, size and times: equal texts mean equal attributes. */
async function listAttributes(handles: readonly FileHandle[]): Promise<Result<readonly string[], string>> {
  const options = ["--create", "--format=pax", "--dereference", "--absolute-names", "--acls", "--xattrs", "--selinux"];
  const archive = await runWith("tar", [...options, "--file=-"], handles);
  if (!archive.ok) return archive;
  const listed = attributesInArchive(archive.value);
  return listed.length === handles.length ? ok(listed) : fail("GNU tar does not list them");
}

/** Runs a program over open files. Each is named by its descriptor, so that nobody can exchange it meanwhile. */
function runWith(
  program: "tar" | "cp",
  options: readonly string[],
  handles: readonly FileHandle[],
): Promise<Result<Buffer, string>> {
  return new Promise((resolve) => {
    const paths = handles.map((_, index) => `/proc/self/fd/${firstDescriptor + index}`);
    const child = spawn(program, [...options, ...paths], {
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe", ...handles.map(({ fd }) => fd)],
      timeout: programMs,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (error) => resolve(fail(`GNU ${program} cannot be started (${errorCode(error)})`)));
    child.on("close", (exitCode) => {
      const complaint = Buffer.concat(stderr).toString("latin1").split("\n")[0] ?? "";
      // A warning counts: tar gives one, and ends with 0, where it was built without support for what we ask.
      if (exitCode === 0 && complaint === "") resolve(ok(Buffer.concat(stdout)));
      else resolve(fail(complaint === "" ? `${program} was ended` : complaint));
    });
  });
}

const blockBytes = 512;

// The keys of a pax header that every file has (POSIX.1-2017, pax, "pax Extended Header"). Every other key counts.
const ordinaryKeys = new Set(["atime", "ctime", "mtime", "path", "size", "uid", "gid", "uname", "gname"]);

/** The pax header of each file in an archive, without the ordinary keys. */
function attributesInArchive(archive: Buffer): readonly string[] {
  const found: string[] = [];
  let pending: readonly string[] = [];
  for (let at = 0; at + blockBytes <= archive.length && archive[at] !== 0; ) {
    const sizeBytes = Number.parseInt(archive.toString("latin1", at + 124, at + 136), 8);
    if (Number.isNaN(sizeBytes)) return [];
    const body = archive.subarray(at + blockBytes, at + blockBytes + sizeBytes);
    if (archive[at + 156] === "x".charCodeAt(0)) pending = paxRecords(body);
    else {
      found.push(pending.toSorted().join(""));
      pending = [];
    }
    at += blockBytes + Math.ceil(sizeBytes / blockBytes) * blockBytes;
  }
  return found;
}

/** `<length> <key>=<value>\n`, where the length counts the whole record, in bytes. A value may hold any byte. */
function paxRecords(header: Buffer): readonly string[] {
  const records: string[] = [];
  for (let at = 0; at < header.length; ) {
    const sizeBytes = Number.parseInt(header.toString("latin1", at, at + 20), 10);
    if (!(sizeBytes > 0)) return [...records, "unreadable"];
    const record = header.toString("latin1", at, at + sizeBytes);
    const key = /^\d+ ([^=]*)=/.exec(record)?.[1] ?? "";
    if (!ordinaryKeys.has(key)) records.push(record);
    at += sizeBytes;
  }
  return records;
}
