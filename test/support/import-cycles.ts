/**
 * Groups of files that import one another in a cycle. Each group is sorted, and groups come in the order of their first
 * files. Empty if there is no cycle.
 *
 * Source: Tarjan, "Depth-First Search and Linear Graph Algorithms", 1972. Cost: O(files + imports).
 */
export function importCycles(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const entered = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const cycles: (readonly string[])[] = [];
  const visit = (file: string): void => {
    entered.set(file, entered.size);
    lowest.set(file, entered.size - 1);
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue;
      if (!entered.has(next)) visit(next);
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file) ?? 0, lowest.get(next) ?? 0));
    }
    if (lowest.get(file) !== entered.get(file)) return;
    const group = open.splice(open.indexOf(file));
    if (group.length > 1 || (imports.get(file) ?? []).includes(file)) cycles.push(group.sort());
  };
  for (const file of imports.keys()) if (!entered.has(file)) visit(file);
  return cycles.sort(([left = ""], [right = ""]) => (left < right ? -1 : 1));
}
