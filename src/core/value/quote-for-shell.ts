/** Quotes an argument for a shell. Ids come from files and sockets, and people copy the commands of hints. */
export function quoteForShell(argument: string): string {
  return /^[\w./:@%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
