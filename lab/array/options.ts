import { readFileSync } from "node:fs";
import { readArgs } from "../../simulation/script-options.ts";

/** The options of the process; `null` for one that was not given. */
export interface ProcessOptions {
  readonly port: number;
  readonly adminPort: number;
  readonly stateFolder: string | null;
  readonly serial: string;
  readonly hostCount: number;
  readonly firmwareVersions: readonly string[];
  readonly upgradeMs: number;
  readonly readEveryMs: number;
  readonly seed: number;
  readonly token: string | null;
  readonly readToken: string | null;
  readonly adminToken: string | null;
  readonly readyFile: string | null;
  readonly parentPid: number | null;
  readonly stopWithStdin: boolean;
  readonly maxSeconds: number;
  readonly quiet: boolean;
}

/** The options in words, for `--help`. */
export const usage = `usage: node lab/array/main.ts [options]
  --port N             port of the array's API on 127.0.0.1 (0: any free one, default)
  --admin-port N       port of the fault injection (0: any free one); opened with --admin-token-file only
  --state DIR          keep the journal there and go on from it after a restart
  --serial TEXT        identity of the array (default ds-1)
  --hosts N            hosts, each with a path to both controllers (1 to 64, default 4)
  --firmware LIST      versions on the array, the first is installed (default 4.1.0,4.2.0,5.0.0)
  --upgrade-ms N       how long an upgrade takes (default 400)
  --read-every-ms N    how often a host reads (default 10)
  --seed N             seed of the reads' jitter (default 1)
  --token-file F       ask for this bearer token
  --read-token-file F  accept this bearer token too, for reads alone (needs --token-file)
  --admin-token-file F bearer token of the admin port
  --ready-file F       write the ready line there as well
  --parent-pid N       stop when that process is gone
  --stop-with-stdin    stop when stdin closes
  --max-seconds N      stop after that time (default 3600)
  --quiet              print nothing but errors
`;

/** Reads the command line. Throws an error with a message for a person if it is wrong. */
export function parseOptions(argv: readonly string[]): ProcessOptions | "help" {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = readArgs({
    args: [...argv],
    options: {
      port: text,
      "admin-port": text,
      state: text,
      serial: text,
      hosts: text,
      firmware: text,
      "upgrade-ms": text,
      "read-every-ms": text,
      seed: text,
      "token-file": text,
      "read-token-file": text,
      "admin-token-file": text,
      "ready-file": text,
      "parent-pid": text,
      "stop-with-stdin": flag,
      "max-seconds": text,
      quiet: flag,
      help: flag,
    },
  });
  if (values.help === true) return "help";
  if (values["read-token-file"] !== undefined && values["token-file"] === undefined)
    throw new Error("`--read-token-file` needs `--token-file`");
  return {
    port: parseInteger("--port", values.port ?? "0", 0, 65_535),
    adminPort: parseInteger("--admin-port", values["admin-port"] ?? "0", 0, 65_535),
    stateFolder: values.state ?? null,
    serial: parseName("--serial", values.serial ?? "ds-1"),
    hostCount: parseInteger("--hosts", values.hosts ?? "4", 1, 64),
    firmwareVersions: (values.firmware ?? "4.1.0,4.2.0,5.0.0")
      .split(",")
      .map((version) => parseName("--firmware", version)),
    upgradeMs: parseInteger("--upgrade-ms", values["upgrade-ms"] ?? "400", 1, 3_600_000),
    readEveryMs: parseInteger("--read-every-ms", values["read-every-ms"] ?? "10", 1, 60_000),
    seed: parseInteger("--seed", values.seed ?? "1", 0, 2 ** 32 - 1),
    token: readToken(values["token-file"]),
    readToken: readToken(values["read-token-file"]),
    adminToken: readToken(values["admin-token-file"]),
    readyFile: values["ready-file"] ?? null,
    parentPid:
      values["parent-pid"] === undefined ? null : parseInteger("--parent-pid", values["parent-pid"], 1, 2 ** 31),
    stopWithStdin: values["stop-with-stdin"] === true,
    maxSeconds: parseInteger("--max-seconds", values["max-seconds"] ?? "3600", 1, 86_400),
    quiet: values.quiet === true,
  };
}

function parseInteger(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new Error(`\`${name} ${text}\` is not a whole number from ${min} to ${max}`);
  return value;
}

function parseName(name: string, text: string): string {
  if (!/^[\w.-]{1,64}$/.test(text))
    throw new Error(`\`${name} ${text}\`: names are letters, digits, \`_\`, \`-\` and \`.\``);
  return text;
}

function readToken(path: string | undefined): string | null {
  if (path === undefined) return null;
  const token = readFileSync(path, "utf8").trim();
  if (token.length < 16) throw new Error(`the token in \`${path}\` is shorter than 16 characters`);
  return token;
}
