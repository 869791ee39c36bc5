// `npm run api:accept`: keeps the public types as the sources have them now.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { acceptedApi, emitPublicApi } from "./emit-api.ts";

mkdirSync(dirname(acceptedApi), { recursive: true });
writeFileSync(acceptedApi, emitPublicApi().text);
