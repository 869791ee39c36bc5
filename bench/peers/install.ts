// `npm run bench:peers:install`: installs the peers beside this file, apart from `npm ci`. Their SQLite driver is
// compiled here, against the headers of the Node that will load it. That is the `node` package's, which may differ from
// the machine's.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const headers = fileURLToPath(
  new URL(`../../node_modules/node/node_modules/node-${process.platform}-${process.arch}`, import.meta.url),
);
if (!existsSync(`${headers}/include/node/common.gypi`))
  console.error(`no headers of this Node in ${headers}: \`npm ci\` brings them; going on with npm's own`);
const settings = existsSync(`${headers}/include/node/common.gypi`) ? { npm_config_nodedir: headers } : {};
const { status } = spawnSync("npm", ["ci"], { cwd: folder, stdio: "inherit", env: { ...process.env, ...settings } });
process.exitCode = status ?? 1;
