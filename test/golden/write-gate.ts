// Rewrites the gate's golden documents. A changed hash is a changed format, which needs a new version or a very good
// reason.
import { writeFileSync } from "node:fs";
import { makeGateDocuments } from "./gate-documents.ts";

for (const [name, text] of Object.entries(makeGateDocuments()))
  writeFileSync(new URL(`gate/${name}`, import.meta.url), text);
