import type { Generation, SessionMode } from '../../src/cis/protocol.ts';

/** What becomes of the session when the card leaves the reader. */
export type RemovalRule = 'end' | 'lock' | 'keep';

/** The session modes and their rule. Enhanced Normal differs only in what happens when the workstation is unlocked. */
const removal: Readonly<Record<SessionMode, RemovalRule>> = {
  normal: 'end',
  enhancedNormal: 'end',
  sessionLockPersistence: 'lock',
  mobility: 'keep',
};

/** How an agent behaves in one generation and mode. */
export interface Behaviour {
  readonly onRemoval: RemovalRule;
  /** A card that is put in opens the PIN question. */
  readonly asksOnInsertion: boolean;
  /** The agent asks for the role; otherwise CIS2 does. */
  readonly asksForRole: boolean;
}

export const behaviourOf = (generation: Generation, mode: SessionMode): Behaviour =>
  generation === 'hscn'
    ? { onRemoval: removal[mode], asksOnInsertion: true, asksForRole: true }
    : { onRemoval: 'keep', asksOnInsertion: false, asksForRole: false };
