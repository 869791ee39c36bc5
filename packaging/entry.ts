/** The declaration file of the package's entry, relative to the folder of emitted declarations. */
export const entryDeclarations = "interlock.d.ts";
