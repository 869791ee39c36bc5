import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Test files that take longest and are small. A runner that has not measured any file yet takes the large ones first,
 * and would come to these last, one after the other, with the other worker idle.
 */
const longFiles: readonly string[] = [
  "simulation/kernel/simulate.test.ts",
  "test/seeded-bugs/seeded-bugs.test.ts",
  "test/docs.test.ts",
  "test/torture/torture.test.ts",
  "simulation/loop/simulate-loop.test.ts",
  "lab/array/demo.test.ts",
  "test/e2e/kill.test.ts",
  "test/e2e/determinism.test.ts",
  "test/kernel-coverage.test.ts",
  "test/golden/stores/upgrade.test.ts",
  "src/core/belief/solve/declaration-order.test.ts",
  "src/core/belief/solve/reference-solver.test.ts",
];

/** Starts the long files first, and the others in the runner's own order. The runner asks for a class. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = longFiles.findIndex((path) => moduleId.endsWith(`/${path}`));
      return place < 0 ? longFiles.length : place;
    };
    return others.toSorted((left, right) => placeOf(left) - placeOf(right));
  }
}
