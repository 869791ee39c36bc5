// `node verifier/main.ts EXPORT.jsonl [--witness LENGTH:HEAD] [--archive FILE]...`: exits 0 if the log holds, 15 if it
// does not, and 64 or 66 for a wrong call. `-` reads the export from stdin. Archived bodies are verified too if their
// archives are given.
import { parseArgs } from "node:util";
import { readPieces } from "./read-pieces.ts";
import { type Archive, readArchive, verifyExport, type Witness } from "./verify.ts";

interface Call {
  readonly path: string;
  readonly witness: Witness | null;
  readonly archives: readonly string[];
}

/** What Node can hold in one text is a little more. */
const textBytesMax = 500_000_000;
/** No record of a log is longer. What has no line feed for so long is no export. */
const lineBytesMax = 64_000_000;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  console.error(`the verification cannot be written: ${error.message}`);
  process.exitCode = 1;
});

const call = parseCall();
if (call === null) {
  console.error("usage: interlock-verify EXPORT.jsonl|- [--witness LENGTH:HEAD] [--archive FILE]...");
  process.exitCode = 64;
} else {
  process.exitCode = await run(call);
}

function parseCall(): Call | null {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { witness: { type: "string" }, archive: { type: "string", multiple: true } },
    });
    const [path, ...rest] = positionals;
    const seen = values.witness === undefined ? null : /^(\d+):(sha256:[0-9a-f]{64})$/.exec(values.witness);
    if (path === undefined || rest.length > 0 || (values.witness !== undefined && seen === null)) return null;
    return {
      path,
      witness: seen === null ? null : { length: Number(seen[1]), head: seen[2] ?? "" },
      archives: values.archive ?? [],
    };
  } catch {
    return null;
  }
}

async function run({ path, witness, archives: archivePaths }: Call): Promise<number> {
  const texts: (string | null)[] = [];
  for (const file of [path, ...archivePaths]) texts.push(await readText(file));
  const [text, ...archiveTexts] = texts;
  if (text === undefined || text === null || archiveTexts.includes(null)) return 66;
  const archives: Archive[] = [];
  for (const [index, archiveText] of archiveTexts.entries()) {
    const archive = readArchive(archiveText ?? "");
    if (archive === null) {
      console.error(
        `${archivePaths[index] ?? ""} is not an archive of interlock.body-archive/1, or was cut off or changed`,
      );
      return 15;
    }
    archives.push(archive);
  }
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const verification = verifyExport(lines, witness, archives);
  // `console.log` would keep quiet about a full disk.
  process.stdout.write(`${JSON.stringify({ format: "interlock.verification/1", ...verification })}\n`);
  return verification.ok ? 0 : 15;
}

async function readText(file: string): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let lineBytes = 0;
  try {
    for await (const chunk of file === "-" ? process.stdin : readPieces(file)) {
      const bytes = Buffer.from(chunk);
      const end = bytes.lastIndexOf(0x0a);
      sizeBytes += bytes.length;
      lineBytes = end < 0 ? lineBytes + bytes.length : bytes.length - end - 1;
      if (sizeBytes > textBytesMax || lineBytes > lineBytesMax) {
        console.error(`${file} is too large: at most ${textBytesMax} bytes, in lines of at most ${lineBytesMax}`);
        return null;
      }
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    console.error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}
