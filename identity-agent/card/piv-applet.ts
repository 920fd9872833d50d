import {
  ApduError,
  CHAINING,
  type CommandApdu,
  decodeCommand,
  encodeResponse,
  exactLengthStatus,
  moreStatus,
  SW,
} from './apdu.ts';
import type { CardMemory } from './card-memory.ts';
import { Mutex } from './mutex.ts';
import { INS, VIRTUAL_CARD_ATR } from './piv.ts';
import { type AppletState, instructions } from './piv-commands.ts';
import type { CardTransport } from './transport.ts';

/** Maximum length of a command joined from a chain, in bytes. */
const MOST_CHAINED = 4096;
const nothing = new Uint8Array(0);

interface Session extends AppletState {
  /** The commands of an unfinished chain, joined. */
  chain: CommandApdu | undefined;
  /** Data that GET RESPONSE has yet to return. */
  waiting: Uint8Array;
}

const poweredOn = (): Session => ({
  selected: false,
  pinVerified: false,
  pinJustVerified: false,
  keys: new Map(),
  chain: undefined,
  waiting: nothing,
});

const sameHeader = (a: CommandApdu, b: CommandApdu): boolean =>
  a.ins === b.ins && a.p1 === b.p1 && a.p2 === b.p2;

/**
 * A virtual smartcard: the PIV card application (SP 800-73-4) with a card's memory. Returns a response APDU for any bytes and
 * never throws. Commands run one after another.
 */
export class PivApplet implements CardTransport {
  readonly atr = VIRTUAL_CARD_ATR;
  readonly #card: CardMemory;
  readonly #mutex = new Mutex();
  #session = poweredOn();

  constructor(card: CardMemory) {
    this.#card = card;
  }

  transmit(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#mutex.run(() => this.#answer(this.#session, bytes));
  }

  /** Cuts the power: clears verified, selected and waiting state, also for a running command. */
  powerOff(): void {
    this.#session = poweredOn();
  }

  /** Forgets loaded keys after the card's keys were replaced. */
  forgetKeys(): void {
    this.#session.keys.clear();
  }

  async #answer(session: Session, bytes: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#process(session, decodeCommand(bytes));
    } catch (error) {
      return encodeResponse(error instanceof ApduError ? SW.wrongLength : SW.internalError);
    }
  }

  async #process(session: Session, command: CommandApdu): Promise<Uint8Array> {
    const abandonsChain = session.chain !== undefined && !sameHeader(session.chain, command);
    const pinWasJustVerified = session.pinJustVerified && !abandonsChain;
    session.pinJustVerified = false;
    if ((command.cla & ~CHAINING) !== 0) return encodeResponse(SW.classUnknown);
    if (command.ins === INS.getResponse) return this.#getResponse(session, command);
    session.waiting = nothing;
    const whole = this.#join(session, command);
    if (whole === undefined) return encodeResponse(SW.wrongLength);
    if (session.chain) {
      // The parts of one GENERAL AUTHENTICATE are one command: the PIN is still "immediately before" it.
      session.pinJustVerified = pinWasJustVerified && command.ins === INS.generalAuthenticate;
      return encodeResponse(SW.ok);
    }
    const instruction = instructions.get(whole.ins);
    if (!instruction || !(session.selected || whole.ins === INS.select))
      return encodeResponse(SW.instructionUnknown);
    const reply = await instruction(whole, { card: this.#card, state: session, pinWasJustVerified });
    return typeof reply === 'number' ? encodeResponse(reply) : this.#deliver(session, reply, command.le);
  }

  /** Joins a chain; returns undefined if it gets too long. Another command discards an open chain. */
  #join(session: Session, command: CommandApdu): CommandApdu | undefined {
    const open = session.chain;
    session.chain = undefined;
    const before = open && sameHeader(open, command) ? (open.data ?? nothing) : nothing;
    const data = new Uint8Array(Buffer.concat([before, command.data ?? nothing]));
    if (data.length > MOST_CHAINED) return undefined;
    const joined = { ...command, data };
    if ((command.cla & CHAINING) !== 0) session.chain = joined;
    return joined;
  }

  /** Returns at most Le bytes; GET RESPONSE returns the rest. */
  #deliver(session: Session, data: Uint8Array, le = 0): Uint8Array {
    session.waiting = data.slice(le);
    const status = session.waiting.length === 0 ? SW.ok : moreStatus(session.waiting.length);
    return encodeResponse(status, data.slice(0, le));
  }

  #getResponse(session: Session, { p1, p2, data, le }: CommandApdu): Uint8Array {
    if (p1 !== 0 || p2 !== 0) return encodeResponse(SW.wrongParameters);
    if (data || le === undefined) return encodeResponse(SW.wrongLength);
    const { waiting } = session;
    if (waiting.length === 0) return encodeResponse(SW.conditionsNotSatisfied);
    // Le 00 means "up to 256"; for any other length, all bytes must be available (ISO/IEC 7816-3 section 10.4).
    if (le < 256 && le > waiting.length) return encodeResponse(exactLengthStatus(waiting.length));
    return this.#deliver(session, waiting, le);
  }
}
