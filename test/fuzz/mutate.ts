import type { Random } from './random.ts';

/** Maximum length of an input in bytes: above the limits of most parsers, but not slow. */
const LONGEST = 80_000;

/** Bytes that often break parsers. */
const edges = [0x00, 0x01, 0x0a, 0x20, 0x22, 0x25, 0x7f, 0x80, 0xff];

type Mutation = (
  bytes: Uint8Array,
  random: Random,
  words: readonly Uint8Array[],
  other: Uint8Array,
) => Uint8Array;

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Returns two ordered positions. */
function range(bytes: Uint8Array, random: Random): [number, number] {
  const [a, b] = [random.below(bytes.length + 1), random.below(bytes.length + 1)];
  return a < b ? [a, b] : [b, a];
}

function put(bytes: Uint8Array, random: Random, piece: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  return join(bytes.subarray(0, at), piece, bytes.subarray(at));
}

function change(bytes: Uint8Array, random: Random, to: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const copy = Uint8Array.from(bytes);
  const at = random.below(copy.length);
  copy[at] = to(copy[at] ?? 0);
  return copy;
}

const mutations: readonly Mutation[] = [
  (bytes, random) => change(bytes, random, (byte) => byte ^ (1 << random.below(8))),
  (bytes, random) => change(bytes, random, () => random.pick(edges)),
  (bytes, random) => change(bytes, random, (byte) => byte + random.pick([1, -1, 16, -16])),
  (bytes, random) => put(bytes, random, random.bytes(1 + random.below(8))),
  (bytes, random, words) => (words.length > 0 ? put(bytes, random, random.pick(words)) : bytes),
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return join(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return put(bytes, random, bytes.subarray(from, to));
  },
  (bytes, random) => {
    const from = random.below(bytes.length + 1);
    const piece = bytes.subarray(from, from + 1 + random.below(12));
    const times = 2 ** random.below(11);
    return put(bytes, random, join(...Array.from({ length: times }, () => piece)));
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random, _words, other) => {
    const [from, to] = range(other, random);
    return put(bytes, random, other.subarray(from, to));
  },
  (bytes, random, _words, other) =>
    join(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1))),
];

/** Returns one input: from the corpus unchanged, changed in one to six ways, or random. */
export function inputFor(
  random: Random,
  corpus: readonly Uint8Array[],
  words: readonly Uint8Array[],
): Uint8Array {
  if (corpus.length === 0 || random.below(50) === 0) return random.bytes(random.below(200));
  let bytes = random.pick(corpus);
  for (let left = random.below(7); left > 0; left -= 1) {
    bytes = random.pick(mutations)(bytes, random, words, random.pick(corpus));
    if (bytes.length > LONGEST) bytes = bytes.subarray(0, LONGEST);
  }
  return Uint8Array.from(bytes);
}
