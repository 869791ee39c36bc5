import { buildOpenApi } from "../supervisor/openapi.ts";

import type { Command } from "./command.ts";

/** Prints the OpenAPI document. */
export const OPENAPI: Command = {
  name: "openapi",
  usage: "openapi",
  summary: "Prints the OpenAPI document of the lab's API, as `/openapi.json` serves it.",
  options: [],
  positionalCountMax: 0,
  examples: ["npm run -s lab -- openapi > lab/openapi.json"],
  run: async (input) => {
    input.print(JSON.stringify(buildOpenApi(), null, 2));
    return 0;
  },
};
