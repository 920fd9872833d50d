import type { Generation, SessionMode } from '../../src/cis/protocol.ts';

/** The effect of removing the card on the session. */
export type RemovalRule = 'end' | 'lock' | 'keep';

/** One session mode of the HSCN generation. */
interface ModeRule {
  readonly id: SessionMode;
  readonly onRemoval: RemovalRule;
  /** Whether a locked screen locks the session until the PIN is entered. */
  readonly locksWithScreen: boolean;
  /** Whether a PIN expires and must be entered again. */
  readonly pinGrowsOld: boolean;
}

/**
 * The modes in order of precedence. Each is a separate switch; the first that is on applies (Identity Agent v2.2 general
 * availability notice).
 */
const modeRules: readonly ModeRule[] = [
  { id: 'mobility', onRemoval: 'keep', locksWithScreen: false, pinGrowsOld: true },
  { id: 'sessionLockPersistence', onRemoval: 'lock', locksWithScreen: false, pinGrowsOld: false },
  { id: 'enhancedNormal', onRemoval: 'end', locksWithScreen: true, pinGrowsOld: false },
  { id: 'normal', onRemoval: 'end', locksWithScreen: false, pinGrowsOld: false },
];

const normal = modeRules.at(-1) as ModeRule;

/** Returns the mode that applies; Normal if none is on. */
export const modeOf = (switchedOn: readonly SessionMode[]): SessionMode =>
  (modeRules.find(({ id }) => switchedOn.includes(id)) ?? normal).id;

/** The behaviour of an agent in one generation and mode. */
export interface Behaviour extends Omit<ModeRule, 'id'> {
  /** Whether inserting a card opens the PIN prompt. */
  readonly asksOnInsertion: boolean;
  /** Whether the agent asks for the role; otherwise CIS2 does. */
  readonly asksForRole: boolean;
  /** Whether each application in a session asks for the PIN once. */
  readonly pinForEachApplication: boolean;
}

/** The newer generation has no modes: the card may be removed, and only an application causes a prompt. */
const newer: Behaviour = {
  onRemoval: 'keep',
  locksWithScreen: false,
  pinGrowsOld: false,
  asksOnInsertion: false,
  asksForRole: false,
  pinForEachApplication: true,
};

export function behaviourOf(generation: Generation, mode: SessionMode): Behaviour {
  if (generation === 'internet') return newer;
  const { id: _, ...rule } = modeRules.find(({ id }) => id === mode) ?? normal;
  return { ...rule, asksOnInsertion: true, asksForRole: true, pinForEachApplication: false };
}

/** Times of the session modes in seconds. No public source has the original values, so these are settings. */
export interface Timers {
  /** Mobility: an older PIN locks the session until it is entered again. */
  pinAgainAfter: number;
  /** A locked session ends after this time. CIS ends a session after 600 s without a heartbeat, so longer times do nothing. */
  lockedFor: number;
}

export const defaultTimers: Timers = { pinAgainAfter: 3_600, lockedFor: 600 };

/** Allowed range of each timer. */
export const timerLimits = {
  pinAgainAfter: { least: 60, most: 36_000 },
  lockedFor: { least: 30, most: 600 },
} as const satisfies Record<keyof Timers, { least: number; most: number }>;
