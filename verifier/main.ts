// `node verifier/main.ts EXPORT.jsonl [--witness LENGTH:HEAD]`: exit 0 when the log holds, 15 when it does not, 64 or 66 for a wrong call.
import { readFileSync } from "node:fs";
import { verifyExport } from "./verify.ts";

const [path, flag, seen] = process.argv.slice(2);
const witness = /^(\d+):(sha256:[0-9a-f]{64})$/.exec(seen ?? "");
if (path === undefined || (flag !== undefined && (flag !== "--witness" || witness === null))) {
  console.error("usage: node verifier/main.ts EXPORT.jsonl [--witness LENGTH:HEAD]");
  process.exitCode = 64;
} else {
  process.exitCode = run(path);
}

function run(file: string): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    console.error(`${file} cannot be read`);
    return 66;
  }
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const verification = verifyExport(lines, witness === null ? null : { length: Number(witness[1]), head: witness[2] ?? "" });
  console.log(JSON.stringify({ format: "interlock.verification/1", ...verification }));
  return verification.ok ? 0 : 15;
}
