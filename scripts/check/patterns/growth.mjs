import { Automaton } from './automaton.mjs';

/**
 * Returns what makes a backtracking matcher slower than linear: two loops of the automaton that can read the same
 * word, one after the other (each split of the word is tried), or one loop that reads a word in two ways. The
 * criteria are those of Weber and Seidl, "On the degree of ambiguity of finite automata" (1991).
 *
 * @param expression the pattern as refa's expression
 * @param {{ anchored: boolean, endsAnywhere: boolean }} position `anchored`: tried at one place only;
 * `endsAnywhere`: reaching a final state is a match, whatever follows
 * @returns {'polynomial' | 'exponential' | undefined}
 */
export function growth(expression, { anchored, endsAnywhere }) {
  const automaton = new Automaton(expression);
  if (automaton.repeatsTwice) return 'exponential';
  if (!anchored) automaton.beginAnywhere();
  const next = automaton.transitions();
  const loops = stronglyConnected(next);
  if (loops.some((loop) => isReadTwoWays(next, loop))) return 'exponential';
  for (const first of loops) {
    for (const second of loops) {
      const last = second.filter((state) => !(endsAnywhere && automaton.finals.has(state)));
      if (last.some((state) => readTheSame(next, first, second, state))) return 'polynomial';
    }
  }
  return undefined;
}

/** Returns the strongly connected components that contain a loop. */
function stronglyConnected(next) {
  const reach = next.map((_, from) => {
    const seen = new Set();
    const open = [from];
    while (open.length > 0) {
      for (const to of new Set(next[open.pop()].flat())) {
        if (!seen.has(to)) {
          seen.add(to);
          open.push(to);
        }
      }
    }
    return seen;
  });
  const left = new Set(next.keys());
  const loops = [];
  for (const state of left) {
    if (!reach[state].has(state)) continue;
    const loop = [...left].filter((other) => reach[state].has(other) && reach[other].has(state));
    for (const member of loop) left.delete(member);
    loops.push(loop);
  }
  return loops;
}

/** Returns whether one word leads from a state of the loop back to it in two ways. */
function isReadTwoWays(next, loop) {
  const within = new Set(loop);
  return loop.some((state) =>
    isReachable(
      [state, state, false],
      ([a, b, parted]) =>
        next[a].flatMap((to, character) =>
          to.flatMap((x) =>
            next[b][character]
              .filter((y) => within.has(x) && within.has(y))
              .map((y) => [x, y, parted || x !== y]),
          ),
        ),
      ([a, b, parted]) => parted && a === state && b === state,
    ),
  );
}

/** Returns whether one word leads from a state of the first loop to itself and to `last`, and from `last` to itself. */
function readTheSame(next, first, second, last) {
  const [inFirst, inSecond] = [new Set(first), new Set(second)];
  return first.some(
    (state) =>
      state !== last &&
      isReachable(
        [state, state, last],
        ([a, b, c]) =>
          next[a].flatMap((to, character) => {
            const as = to.filter((x) => inFirst.has(x));
            const cs = next[c][character].filter((z) => inSecond.has(z));
            return as.flatMap((x) => next[b][character].flatMap((y) => cs.map((z) => [x, y, z])));
          }),
        ([a, b, c]) => a === state && b === last && c === last,
      ),
  );
}

function isReachable(from, step, isGoal) {
  const seen = new Set();
  const open = [from];
  while (open.length > 0) {
    for (const to of step(open.pop())) {
      if (isGoal(to)) return true;
      const key = to.join();
      if (seen.has(key)) continue;
      seen.add(key);
      open.push(to);
    }
  }
  return false;
}
