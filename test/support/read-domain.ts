import { readFileSync } from "node:fs";
import type { Domain } from "../../src/core/domain/domain.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import { readYaml } from "../../src/packs/yaml.ts";

/** Reads a domain that a test relies on. If something is wrong with it, the test fails. */
export function readDomainFile(path: string | URL): Domain {
  const value = readYaml(readFileSync(path, "utf8"));
  if (!value.ok) throw new Error(JSON.stringify(value.error));
  const domain = parseDomain(value.value);
  if (!domain.ok) throw new Error(JSON.stringify(domain.error, null, 1));
  return domain.value;
}

/** The domain of the hostile corpus, which most tests of the gate use. */
export function readShopDomain(): Domain {
  return readDomainFile(new URL("../hostile/pack/domain.yaml", import.meta.url));
}
