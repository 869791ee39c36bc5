// `npm run docs:codes`: writes docs/exit-codes.md from the tables of codes.
import { writeFileSync } from "node:fs";
import { describeCodes } from "./describe-codes.ts";

writeFileSync(new URL("../../docs/exit-codes.md", import.meta.url), describeCodes());
