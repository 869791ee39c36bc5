// `npm run docs:cli`: writes docs/cli.md from the program itself.
import { writeFileSync } from "node:fs";
import { describeCommands } from "./describe-commands.ts";
import { createProgram } from "./main.ts";

const program = await createProgram(() => Promise.resolve(), { out: () => undefined, err: () => undefined });
writeFileSync(new URL("../../../docs/cli.md", import.meta.url), describeCommands(program));
