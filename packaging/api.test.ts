import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { acceptedApi, emitPublicApi } from "./emit-api.ts";

it("the public types are those that somebody accepted: look at the difference, then `npm run api:accept`", () => {
  expect(emitPublicApi()).toBe(readFileSync(acceptedApi, "utf8"));
}, 60_000);
