/**
 * The variable that lets a process with an environment of its own start from compiled code. The tests' settings give it
 * to all others.
 */
export function compileCache(): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] };
}
