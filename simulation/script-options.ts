import { type ParseArgsConfig, parseArgs } from "node:util";

/** Ends a script whose options are wrong, so that a check that checked nothing does not look like one that passed. */
export function refuseOption(message: string): never {
  console.error(`error: ${message}`);
  process.exit(64);
}

/**
 * Reads an option that must be a whole number of at least `min`. Ends the process with exit code 64 for anything else.
 */
export function countOption(name: string, text: string, min = 0): number {
  const value = Number(text);
  return /^\d{1,15}$/.test(text) && value >= min
    ? value
    : refuseOption(`\`--${name}\` takes a whole number of at least ${min}, not \`${text}\``);
}

/** As `parseArgs`. Ends the process with exit code 64, and one line, for an option that the script does not have. */
export function readArgs<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [line = "the options cannot be read"] = error instanceof Error ? error.message.split(/\. |\n/) : [];
    return refuseOption(line);
  }
}
