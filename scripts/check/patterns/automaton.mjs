/**
 * The position automaton of an expression (Glushkov, 1961): one state for each character position, so that two ways to match a
 * text stay distinct. States are numbers; 0 is the start.
 */
export class Automaton {
  /** The characters that lead to a state. */
  #sets = [undefined];
  /** The states that may follow a state. */
  #follow = [new Set()];
  /** States in which the whole expression has matched. */
  finals = new Set();
  /** Whether one step repeats in two ways, as in `(a+)+`. */
  repeatsTwice = false;

  constructor({ alternatives }) {
    const { first, last, isEmpty } = this.#any(alternatives);
    this.#link([0], first);
    this.finals = new Set(isEmpty ? [0, ...last] : last);
  }

  /** Lets the automaton begin at any position of a text: state 0 accepts any character and stays. */
  beginAnywhere() {
    this.#follow[0].add(0);
  }

  /** Returns for each state and each class of equivalent characters the states that may follow. */
  transitions() {
    const starts = new Set([0]);
    for (const set of this.#sets) {
      for (const { min, max } of set?.ranges ?? []) starts.add(min).add(max + 1);
    }
    const reads = (state, character) => this.#sets[state]?.has(character) ?? true;
    return this.#follow.map((following) =>
      [...starts].map((character) => [...following].filter((state) => reads(state, character))),
    );
  }

  #any(alternatives) {
    const parts = alternatives.map(({ elements }) =>
      this.#sequence(elements.map((one) => () => this.#part(one))),
    );
    return {
      first: parts.flatMap(({ first }) => first),
      last: parts.flatMap(({ last }) => last),
      isEmpty: parts.some(({ isEmpty }) => isEmpty),
    };
  }

  #sequence(makers) {
    let whole = { first: [], last: [], isEmpty: true };
    for (const make of makers) {
      const part = make();
      this.#link(whole.last, part.first);
      whole = {
        first: whole.isEmpty ? [...whole.first, ...part.first] : whole.first,
        last: part.isEmpty ? [...whole.last, ...part.last] : part.last,
        isEmpty: whole.isEmpty && part.isEmpty,
      };
    }
    return whole;
  }

  #part(element) {
    if (element.type === 'CharacterClass') {
      const state = this.#sets.push(element.characters) - 1;
      this.#follow.push(new Set());
      return { first: [state], last: [state], isEmpty: false };
    }
    if (element.type === 'Quantifier') return this.#repeated(element);
    return this.#any(element.alternatives);
  }

  #repeated({ alternatives, min, max }) {
    const once = () => this.#any(alternatives);
    const maybe = () => ({ ...once(), isEmpty: true });
    if (max !== Number.POSITIVE_INFINITY) {
      return this.#sequence(Array.from({ length: max }, (_, at) => (at < min ? once : maybe)));
    }
    const loop = () => {
      const part = once();
      for (const from of part.last) {
        if (part.first.some((to) => this.#follow[from].has(to))) this.repeatsTwice = true;
      }
      this.#link(part.last, part.first);
      return min === 0 ? { ...part, isEmpty: true } : part;
    };
    return this.#sequence([...Array.from({ length: Math.max(min - 1, 0) }, () => once), loop]);
  }

  #link(from, to) {
    for (const state of from) for (const next of to) this.#follow[state].add(next);
  }
}
