/**
 * Turns a file's imports of Node's own modules into plain reads of the module. An import of one also evaluates every
 * getter among its exports, so that each has a name to import. Those of `node:http` alone load a WebSocket and a
 * `fetch`, which nothing here uses. The names stay the same, so the code behaves as before.
 *
 * @param code - of a module whose imports are one a line, as the bundler writes them
 */
export function readBuiltins(code: string): string {
  return code.replace(
    /^import (?:(\S+?)(?:, )?)?(?:\{ (.+) \})? ?from "(node:[\w/]+)";$/gm,
    (_, whole: string | undefined, names: string | undefined, module: string) => {
      const read = `globalThis.process.getBuiltinModule("${module}")`;
      const bound = [whole, names === undefined ? undefined : `{ ${names.replace(/ as /g, ": ")} }`];
      return bound.flatMap((name) => (name === undefined ? [] : [`const ${name} = ${read};`])).join(" ");
    },
  );
}
