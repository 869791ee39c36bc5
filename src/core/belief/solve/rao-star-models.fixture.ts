import type { MovingModel } from "./moving-states.fixture.ts";

/*
 * Two public benchmarks of chance-constrained planning with a hidden state that moves. The numbers are those of the
 * models `network_model` and `grid_model` of github.com/rashid1844/RAOSTAR at d1f5d76, set up as its own test does.
 */

const networkRows: Readonly<Record<string, readonly (readonly number[])[]>> = {
  U: [
    [0.5, 0.3, 0.1, 0.1, 0, 0, 0],
    [0.2, 0.3, 0.3, 0.1, 0.1, 0, 0],
    [0.1, 0.1, 0.3, 0.3, 0.1, 0.1, 0],
    [0, 0.1, 0.1, 0.3, 0.3, 0.1, 0.1],
    [0, 0, 0.1, 0.1, 0.3, 0.3, 0.2],
    [0, 0, 0, 0.1, 0.1, 0.3, 0.5],
    [0, 0, 0, 0, 0, 0, 1],
  ],
  S: [
    [0.7, 0.2, 0.1, 0, 0, 0, 0],
    [0.3, 0.4, 0.2, 0.1, 0, 0, 0],
    [0.1, 0.2, 0.4, 0.2, 0.1, 0, 0],
    [0, 0.1, 0.2, 0.4, 0.2, 0.1, 0],
    [0, 0, 0.1, 0.2, 0.4, 0.2, 0.1],
    [0, 0, 0, 0.1, 0.2, 0.4, 0.3],
    [0, 0, 0, 0, 0, 0, 1],
  ],
  R: [
    [0.8, 0.1, 0.1, 0, 0, 0, 0],
    [0.5, 0.3, 0.1, 0.1, 0, 0, 0],
    [0.2, 0.3, 0.3, 0.1, 0.1, 0, 0],
    [0.1, 0.1, 0.3, 0.3, 0.1, 0.1, 0],
    [0.1, 0, 0.1, 0.3, 0.3, 0.1, 0.1],
    [0, 0.1, 0, 0.1, 0.3, 0.3, 0.2],
    [0, 0, 0, 0, 0, 0, 1],
  ],
  B: Array.from({ length: 7 }, () => [1, 0, 0, 0, 0, 0, 0]),
};

const networkAlarm: readonly number[] = [0, 0, 0, 0.1, 0.3, 0.5, 1];

/** A queue that fills (state 6 is lost), four ways to treat it, and an alarm that is seldom wrong. */
export const network: MovingModel = {
  actions: ["U", "S", "R", "B"],
  observations: [0, 1],
  stateCount: 7,
  start: 0,
  transition: (state, action) =>
    (networkRows[action]?.[state] ?? []).flatMap((p, next) => (p > 0 ? [[next, p] as const] : [])),
  observe: (state, observation) => (observation === 1 ? (networkAlarm[state] ?? 0) : 1 - (networkAlarm[state] ?? 0)),
  cost: (state, action) => (action === "B" ? 120 : state === 6 ? 100 : 100 - 20 * state),
  leafCost: () => 0,
  isRisky: (state) => state === 6,
  isTerminal: () => false,
};

const size = 4;
const walls = [at(1, 1), at(2, 2)];
const free = [at(0, 3), at(3, 3)];
const risky = [at(1, 2), at(1, 3)];
const moveRight = 0.8;
const observeRight = 0.85;
/** What the actions mean: the intended move, and the two sideways. */
const moves: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  U: [
    [1, 0],
    [0, 1],
    [0, -1],
  ],
  L: [
    [0, -1],
    [1, 0],
    [-1, 0],
  ],
  R: [
    [0, 1],
    [1, 0],
    [-1, 0],
  ],
  D: [
    [-1, 0],
    [0, 1],
    [0, -1],
  ],
};

function at(x: number, y: number): number {
  return size * x + y;
}

function isOpen(x: number, y: number): boolean {
  return x >= 0 && x < size && y >= 0 && y < size && !walls.includes(at(x, y));
}

function placeOf(state: number): readonly [number, number] {
  return [Math.floor(state / size), state % size];
}

function gridTransition(state: number, action: string): readonly (readonly [number, number])[] {
  const [x, y] = placeOf(state);
  let stays = 0;
  const next: (readonly [number, number])[] = [];
  (moves[action] ?? []).forEach(([dx, dy], index) => {
    const p = index === 0 ? moveRight : (1 - moveRight) / 2;
    if (isOpen(x + dx, y + dy)) next.push([at(x + dx, y + dy), p]);
    else stays += p;
  });
  return stays > 0 ? [...next, [state, stays]] : next;
}

/** A robot on a 4 × 4 grid that sees how many sides are blocked, and two cells it must not enter. */
export const grid: MovingModel = {
  actions: ["U", "L", "R", "D"],
  observations: [0, 1, 2],
  stateCount: size * size,
  start: at(1, 0),
  transition: gridTransition,
  observe: (state, observation) => {
    const [x, y] = placeOf(state);
    const sides = [isOpen(x + 1, y), isOpen(x - 1, y), isOpen(x, y - 1), isOpen(x, y + 1)];
    const blocked = sides.filter((open) => !open).length;
    return observation === blocked ? observeRight : (1 - observeRight) / 2;
  },
  cost: (state, action) =>
    gridTransition(state, action).reduce((sum, [next, p]) => sum + (free.includes(next) ? 0 : p), 0),
  leafCost: (state) => {
    if (free.includes(state)) return 0;
    const [x, y] = placeOf(state);
    return Math.min(...free.map((goal) => Math.abs(x - placeOf(goal)[0]) + Math.abs(y - placeOf(goal)[1]) - 1));
  },
  isRisky: (state) => risky.includes(state),
  isTerminal: (state) => state === at(3, 2),
};
