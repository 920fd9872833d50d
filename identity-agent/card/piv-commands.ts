import { randomBytes } from 'node:crypto';
import {
  type CommandApdu,
  encodeTlv,
  onlyTlv,
  parseTlv,
  readTag,
  SW,
  type Tlv,
  TlvError,
  triesStatus,
  valueWith,
} from './apdu.ts';
import type { CardMemory, SecretComparison } from './card-memory.ts';
import { keyTypes, type PrivateOperation } from './key-types.ts';
import {
  INS,
  isPaddedPin,
  KEY_REFERENCE,
  MANAGEMENT_KEY,
  PIV_AID,
  PIV_AID_WITHOUT_VERSION,
  SECRET_LENGTH,
  type SecretName,
  SLOTS,
  type Slot,
  type SlotName,
} from './piv.ts';
import { applicationProperties, dataObjects } from './piv-objects.ts';

/** Block length of each cipher, by algorithm identifier (SP 800-78-4 table 6-2): 3DES, then AES. */
const blockLengths = new Map([
  [0x00, 8],
  [0x03, 8],
  [0x08, 16],
  [0x0a, 16],
  [0x0c, 16],
]);

/**
 * GENERAL AUTHENTICATE with the card management key (SP 800-73-4 part 2 appendix A.1). Returns a challenge, which also serves as
 * the card's random number generator. No one has the management key of a virtual card, so no response is right.
 */
export function challengeOf(algorithm: number, template: readonly Tlv[]): number | Uint8Array {
  const length = blockLengths.get(algorithm);
  if (length === undefined) return SW.wrongParameters;
  const asksForChallenge = template.length === 1 && valueWith(template, 0x81)?.length === 0;
  if (!asksForChallenge) return SW.securityStatusNotSatisfied;
  return encodeTlv(0x7c, encodeTlv(0x81, randomBytes(length)));
}

/** A private key that was read from the memory of the card. */
interface LoadedKey {
  /** Identifier of GENERAL AUTHENTICATE. */
  readonly algorithm: number;
  readonly operation: PrivateOperation;
}

/** State that the applet loses without power. */
export interface AppletState {
  selected: boolean;
  pinVerified: boolean;
  /** Whether the last command was a successful VERIFY of the PIN. */
  pinJustVerified: boolean;
  readonly keys: Map<SlotName, LoadedKey>;
}

export interface AppletContext {
  readonly card: CardMemory;
  readonly state: AppletState;
  /** Whether the previous command was a successful VERIFY of the PIN. */
  readonly pinWasJustVerified: boolean;
}

/** The result of a command: a status word, or data (with 9000). */
export type Reply = number | Uint8Array;

/** One instruction of the applet. The command is complete: its chain was joined. */
export type Instruction = (command: CommandApdu, context: AppletContext) => Reply | Promise<Reply>;

const nothing = new Uint8Array(0);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const select: Instruction = ({ p1, p2, data = nothing }, { state }) => {
  if (p1 !== 0x04 || p2 !== 0x00) return SW.wrongParameters;
  if (!same(data, PIV_AID) && !same(data, PIV_AID_WITHOUT_VERSION)) return SW.notFound;
  state.selected = true;
  return applicationProperties;
};

/** Returns the status word of a failed comparison. */
const refused = ({ triesLeft }: SecretComparison, before: number): number =>
  before === 0 ? SW.authenticationBlocked : triesStatus(triesLeft);

const verify: Instruction = async ({ p1, p2, data = nothing }, { state, card }) => {
  if (p1 !== 0x00 && p1 !== 0xff) return SW.wrongParameters;
  if (p2 !== KEY_REFERENCE.pin) return SW.referenceNotFound;
  if (p1 === 0xff) {
    if (data.length > 0) return SW.wrongData;
    state.pinVerified = false;
    return SW.ok;
  }
  if (data.length === 0) return state.pinVerified ? SW.ok : triesStatus(card.triesLeft('pin'));
  // SP 800-73-4 part 2 section 3.2.1: a PIN of impossible form may be refused without counting it.
  if (!isPaddedPin(data)) return SW.wrongData;
  const before = card.triesLeft('pin');
  const presented = await card.present('pin', data);
  state.pinVerified = presented.ok;
  state.pinJustVerified = presented.ok;
  return presented.ok ? SW.ok : refused(presented, before);
};

const secretNames = new Map<number, SecretName>([
  [KEY_REFERENCE.pin, 'pin'],
  [KEY_REFERENCE.puk, 'puk'],
]);

const changeReferenceData: Instruction = async ({ p1, p2, data = nothing }, { state, card }) => {
  if (p1 !== 0x00) return SW.wrongParameters;
  const name = secretNames.get(p2);
  if (!name) return SW.referenceNotFound;
  const current = data.slice(0, SECRET_LENGTH);
  const next = data.slice(SECRET_LENGTH);
  if (next.length !== SECRET_LENGTH || (name === 'pin' && !(isPaddedPin(current) && isPaddedPin(next))))
    return SW.wrongData;
  const before = card.triesLeft(name);
  const presented = await card.present(name, current);
  if (name === 'pin') state.pinVerified = presented.ok;
  if (!presented.ok) return refused(presented, before);
  await card.replace(name, next);
  return SW.ok;
};

const resetRetryCounter: Instruction = async ({ p1, p2, data = nothing }, { state, card }) => {
  if (p1 !== 0x00) return SW.wrongParameters;
  if (p2 !== KEY_REFERENCE.pin) return SW.referenceNotFound;
  const puk = data.slice(0, SECRET_LENGTH);
  const next = data.slice(SECRET_LENGTH);
  if (!isPaddedPin(next)) return SW.wrongData;
  const before = card.triesLeft('puk');
  const presented = await card.present('puk', puk);
  if (!presented.ok) {
    state.pinVerified = false;
    return refused(presented, before);
  }
  await card.replace('pin', next);
  return SW.ok;
};

const getData: Instruction = ({ p1, p2, data = nothing }, { card }) => {
  if (p1 !== 0x3f || p2 !== 0xff) return SW.wrongParameters;
  const wanted = onlyTlv(data, 0x5c);
  const { tag, next } = readTag(wanted);
  if (next !== wanted.length) return SW.wrongData;
  return dataObjects.get(tag)?.(card) ?? SW.notFound;
};

const slotOf = (reference: number): [SlotName, Slot] | undefined =>
  (Object.entries(SLOTS) as [SlotName, Slot][]).find(([, slot]) => slot.key === reference);

async function operationOf(
  name: SlotName,
  { state, card }: AppletContext,
): Promise<PrivateOperation | undefined> {
  const loaded = state.keys.get(name);
  if (loaded) return loaded.operation;
  const stored = card.privateKey(name);
  if (!stored) return undefined;
  const { algorithm, load } = keyTypes[card.keyType(name)];
  const operation = await load(stored);
  state.keys.set(name, { algorithm, operation });
  return operation;
}

const algorithmIn = (name: SlotName, { state, card }: AppletContext): number =>
  state.keys.get(name)?.algorithm ?? keyTypes[card.keyType(name)].algorithm;

const generalAuthenticate: Instruction = async ({ p1, p2, data = nothing }, context) => {
  const { state, pinWasJustVerified } = context;
  if (p2 === MANAGEMENT_KEY) return challengeOf(p1, parseTlv(onlyTlv(data, 0x7c), { items: 4 }));
  const [name, slot] = slotOf(p2) ?? [];
  if (!name || !slot || p1 !== algorithmIn(name, context)) return SW.wrongParameters;
  if (!(slot.pinAlways ? pinWasJustVerified : state.pinVerified)) return SW.securityStatusNotSatisfied;
  // Dynamic authentication template: an empty 82 requests the response, 81 is the challenge (SP 800-73-4 part 2 table 7).
  const template = parseTlv(onlyTlv(data, 0x7c), { items: 2 });
  const challenge = valueWith(template, 0x81);
  if (!challenge || valueWith(template, 0x82)?.length !== 0) return SW.wrongData;
  const operation = await operationOf(name, context);
  if (!operation) return SW.referenceNotFound;
  const result = operation(challenge);
  return result ? encodeTlv(0x7c, encodeTlv(0x82, result)) : SW.wrongData;
};

/** Returns "wrong data" for bytes that are not BER-TLV, whatever the instruction. */
const strict =
  (instruction: Instruction): Instruction =>
  async (command, context) => {
    try {
      return await instruction(command, context);
    } catch (error) {
      if (error instanceof TlvError) return SW.wrongData;
      throw error;
    }
  };

/** The instructions of the PIV applet, by INS (SP 800-73-4 part 2 table 2). */
export const instructions: ReadonlyMap<number, Instruction> = new Map([
  [INS.select, select],
  [INS.verify, verify],
  [INS.changeReferenceData, changeReferenceData],
  [INS.resetRetryCounter, resetRetryCounter],
  [INS.getData, strict(getData)],
  [INS.generalAuthenticate, strict(generalAuthenticate)],
]);
