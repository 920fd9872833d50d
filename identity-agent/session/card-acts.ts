import { reasonOf } from '@alongside/kernel/errors';
import type { PinState } from '../../src/cis/protocol.ts';
import type { Unblocking, Verification } from '../card/piv-client.ts';
import type { CardActError } from '../protocol.ts';
import { CisRefusal } from './cis-client.ts';
import type { Desk } from './desk.ts';
import type { DeskCard } from './desk-card.ts';

/** The result of an operation on the card in the reader. `attemptsLeft` belongs to the wrong secret; null if unknown. */
export type CardActResult =
  | { ok: true }
  | { ok: false; error: 'wrong_pin' | 'wrong_unblocking_code' | 'wrong_code'; attemptsLeft: number | null }
  | {
      ok: false;
      error:
        | 'no_card'
        | 'card_removed'
        | 'invalid_pin'
        | 'same_pin'
        | 'card_blocked'
        | 'unblocking_code_blocked'
        | 'code_expired'
        | 'card_unproven'
        | 'cis_unreachable';
    };

type Failure = Extract<CardActResult, { ok: false }>['error'];

const failed = (error: Exclude<Failure, 'wrong_pin' | 'wrong_unblocking_code' | 'wrong_code'>) =>
  ({ ok: false, error }) as const;

/** Returns whether a text can be a PIN: 6 to 8 digits. */
export const isPin = (pin: string): boolean => /^[0-9]{6,8}$/.test(pin);

/** The card in the reader, if it is readable. */
const cardOf = ({ card }: Desk): DeskCard | undefined => (card && card.uid !== '' ? card : undefined);

/** Changes the PIN. A wrong one uses an attempt. */
export async function changePin(desk: Desk, pin: string, newPin: string): Promise<CardActResult> {
  const card = cardOf(desk);
  if (!card) return failed('no_card');
  if (card.blocked) return failed('card_blocked');
  if (!isPin(newPin)) return failed('invalid_pin');
  if (pin === newPin) return failed('same_pin');
  return onCard(desk, async () => {
    const changed = await card.changePin(pin, newPin);
    if (changed.ok) {
      desk.arrows.cardAct(card, 'pin-changed');
      return { ok: true };
    }
    if (card.blocked) reportBlocked(desk, card);
    return card.blocked ? failed('card_blocked') : wrongPin(changed);
  });
}

const wrongPin = ({ attemptsLeft }: Extract<Verification, { ok: false }>): CardActResult => ({
  ok: false,
  error: 'wrong_pin',
  attemptsLeft,
});

/** Sets a new PIN with the card's own unblocking code. */
export async function unblockPin(desk: Desk, unblockingCode: string, newPin: string): Promise<CardActResult> {
  const card = cardOf(desk);
  if (!card) return failed('no_card');
  if (!isPin(newPin)) return failed('invalid_pin');
  return onCard(desk, async () => {
    const done = await card.unblock(unblockingCode, newPin);
    if (!done.ok) return refusedCode(done);
    desk.arrows.cardAct(card, 'unblocked');
    reportPinState(desk, card, 'open');
    return { ok: true };
  });
}

function refusedCode(refusal: Extract<Unblocking, { ok: false }>): CardActResult {
  if ('malformed' in refusal) return { ok: false, error: 'wrong_unblocking_code', attemptsLeft: null };
  return refusal.attemptsLeft === 0
    ? failed('unblocking_code_blocked')
    : { ok: false, error: 'wrong_unblocking_code', attemptsLeft: refusal.attemptsLeft };
}

/** Asks CIS to mail a code to the holder of the card. The response does not show whether it did. */
export async function requestUnlockCode(desk: Desk): Promise<CardActResult> {
  const card = cardOf(desk);
  if (!card) return failed('no_card');
  try {
    await desk.parts.cis.requestUnlockCode(card.label.serial, card.held);
  } catch (error) {
    desk.parts.log.warn({ reason: reasonOf(error) }, 'no code was asked for');
    const isUnproven = error instanceof CisRefusal && error.code === 'card_unproven';
    return failed(isUnproven ? 'card_unproven' : 'cis_unreachable');
  }
  desk.arrows.cardAct(card, 'unlock-code-asked');
  return { ok: true };
}

/** Sets a new PIN with the mailed code, for which CIS returns the card's unblocking code once. */
export async function unlockCard(desk: Desk, code: string, newPin: string): Promise<CardActResult> {
  const card = cardOf(desk);
  if (!card) return failed('no_card');
  // Before the call to CIS, because the mailed code is valid once.
  if (!isPin(newPin)) return failed('invalid_pin');
  let unblockingCode: string;
  try {
    unblockingCode = await desk.parts.cis.unlock(card.label.serial, { ...card.held, code });
  } catch (error) {
    desk.parts.log.info({ reason: reasonOf(error) }, 'a card was not unlocked');
    return refusedUnlock(error);
  }
  return unblockPin(desk, unblockingCode, newPin);
}

function refusedUnlock(error: unknown): CardActResult {
  if (!(error instanceof CisRefusal)) return failed('cis_unreachable');
  if (error.status === 410) return failed('code_expired');
  if (error.code === 'card_unproven') return failed('card_unproven');
  return { ok: false, error: 'wrong_code', attemptsLeft: error.attemptsLeft ?? null };
}

async function onCard(desk: Desk, act: () => Promise<CardActResult>): Promise<CardActResult> {
  try {
    return await act();
  } catch (error) {
    desk.parts.log.warn({ reason: reasonOf(error) }, 'an act on the card failed');
    return failed('card_removed');
  }
}

/** Handles the last used attempt: a blocked card ends the session. */
export function reportBlocked(desk: Desk, card: DeskCard): void {
  if (desk.ownCard) desk.end('signedOut');
  desk.tell('cardBlocked', { serial: card.label.serial });
  reportPinState(desk, card, 'blocked');
}

/** Reports the state of a card's PIN to CIS. Nothing waits for it or depends on it. */
function reportPinState(desk: Desk, card: DeskCard, pin: PinState): void {
  const { cis, log } = desk.parts;
  const told = cis.pinState(card.label.serial, { ...card.held, pin }).catch((error: unknown) => {
    log.info({ reason: reasonOf(error) }, 'CIS was not notified of the PIN state of a card');
  });
  desk.track(told);
}

const sentences: Readonly<Record<CardActError, string>> = {
  no_card: 'There is no card in the reader.',
  card_removed: 'The card was taken out, or could not be read.',
  invalid_pin: 'A PIN has 6 to 8 digits.',
  same_pin: 'The new PIN is the same as the old one.',
  wrong_pin: 'The PIN is wrong.',
  card_blocked: 'The PIN of this card is blocked.',
  wrong_unblocking_code: 'The unblocking code is wrong.',
  unblocking_code_blocked:
    'The unblocking code of this card is blocked too. Please contact your Registration Authority.',
  wrong_code: 'The code is wrong.',
  code_expired: 'The code is no longer valid. Please ask for another one.',
  card_unproven: 'This card cannot be unlocked here. Please contact your Registration Authority.',
  not_signed_in: 'Please sign in with this card first.',
  not_due: 'The certificate of this card does not end within 90 days, so it cannot be renewed yet.',
  not_renewable: 'This card is renewed by your Registration Authority, not here.',
  renewal_refused: 'The renewal was refused.',
  cis_unreachable: 'The sign-in service does not answer. Please try again.',
};

/** Returns the sentence for the user about a failed operation on the card. */
export const cardActSentence = (error: CardActError): string => sentences[error];
