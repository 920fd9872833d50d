import type { Generation, SessionMode } from '../../src/cis/protocol.ts';

/** What becomes of the session when the card leaves the reader. */
export type RemovalRule = 'end' | 'lock' | 'keep';

/** One session mode of the HSCN generation. */
interface ModeRule {
  readonly id: SessionMode;
  readonly onRemoval: RemovalRule;
  /** A locked screen locks the session: after it the PIN is asked for again. */
  readonly locksWithScreen: boolean;
  /** The PIN is asked for again when the last one is too old. */
  readonly pinGrowsOld: boolean;
}

/**
 * The modes, the one that counts before the others first: each is a switch of its own, and of several that are on the
 * first counts (Identity Agent v2.2 general availability notice).
 */
const modeRules: readonly ModeRule[] = [
  { id: 'mobility', onRemoval: 'keep', locksWithScreen: false, pinGrowsOld: true },
  { id: 'sessionLockPersistence', onRemoval: 'lock', locksWithScreen: false, pinGrowsOld: false },
  { id: 'enhancedNormal', onRemoval: 'end', locksWithScreen: true, pinGrowsOld: false },
  { id: 'normal', onRemoval: 'end', locksWithScreen: false, pinGrowsOld: false },
];

const normal = modeRules.at(-1) as ModeRule;

/** The mode that counts of those that are switched on; Normal when none is. */
export const modeOf = (switchedOn: readonly SessionMode[]): SessionMode =>
  (modeRules.find(({ id }) => switchedOn.includes(id)) ?? normal).id;

/** How an agent behaves in one generation and mode. */
export interface Behaviour extends Omit<ModeRule, 'id'> {
  /** A card that is put in opens the PIN question. */
  readonly asksOnInsertion: boolean;
  /** The agent asks for the role; otherwise CIS2 does. */
  readonly asksForRole: boolean;
  /** Each application that is opened in a session asks for the PIN once. */
  readonly pinForEachApplication: boolean;
}

/** The newer generation has no modes: the card may leave, and nothing is asked before an application asks. */
const newer: Behaviour = {
  ...{ onRemoval: 'keep', locksWithScreen: false, pinGrowsOld: false },
  ...{ asksOnInsertion: false, asksForRole: false, pinForEachApplication: true },
};

export function behaviourOf(generation: Generation, mode: SessionMode): Behaviour {
  if (generation === 'internet') return newer;
  const { id: _, ...rule } = modeRules.find(({ id }) => id === mode) ?? normal;
  return { ...rule, asksOnInsertion: true, asksForRole: true, pinForEachApplication: false };
}
