// Rewrites the golden documents of approval, grant, control and log. A changed byte is a changed format, which needs a
// new version.
import { writeFileSync } from "node:fs";
import { makeContractDocuments } from "./contract-documents.ts";

for (const [name, text] of Object.entries(await makeContractDocuments()))
  writeFileSync(new URL(`contracts/${name}`, import.meta.url), text);
