import {
  type CommandApdu,
  encodeTlv,
  hexStatus,
  onlyTlv,
  parseTlv,
  type ResponseApdu,
  SW,
  triesIn,
  valueWith,
} from './apdu.ts';
import { type CardClient, CardError, type Unblocking, type Verification } from './card-client.ts';
import { type ExchangeOptions, exchange } from './exchange.ts';
import { type SignatureAlgorithm, type SignatureAlgorithmId, signatureAlgorithms } from './key-types.ts';
import { Mutex } from './mutex.ts';
import {
  INS,
  isPin,
  isPuk,
  KEY_REFERENCE,
  OBJECT,
  PIV_AID,
  padded,
  SLOTS,
  type SlotName,
  TRIES,
} from './piv.ts';
import type { CardTransport } from './transport.ts';

export type { Unblocking, Verification };

/** The CertInfo bits that mean compression (SP 800-73-4 part 1 appendix A, note on CertInfo). */
const COMPRESSED = 0x83;

/** Status words with their own error codes. */
const refusals = new Map<number, ConstructorParameters<typeof CardError>>([
  [SW.securityStatusNotSatisfied, ['pin_required', 'The card wants the PIN first.']],
  [SW.authenticationBlocked, ['pin_blocked', 'The PIN is blocked.', { attemptsLeft: 0 }]],
  [SW.notFound, ['object_missing', 'The card has no such object.']],
  [SW.referenceNotFound, ['object_missing', 'The card has no such key.']],
]);

const refusal = (sw: number): CardError =>
  new CardError(...(refusals.get(sw) ?? ['transaction_failed', `The card refused with ${hexStatus(sw)}.`]));

/** Returns the data of a response; throws unless the status word is 9000. */
function dataOf({ data, sw }: ResponseApdu): Uint8Array {
  if (sw !== SW.ok) throw refusal(sw);
  return data;
}

/** Parses data of a card. Any error of the parser means a malformed response. */
function parsed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof CardError) throw error;
    throw new CardError('malformed_response', `The card's ${what} is malformed.`, { cause: error });
  }
}

/** Milliseconds for one operation, however many commands it needs. The slowest cards need a few seconds. */
const defaultLimit = 30_000;

interface PivOptions extends ExchangeOptions {
  /** Milliseconds that one operation may take with the card; 30,000 by default. */
  readonly limit?: number;
}

/** Sends a command within one operation. Rejects once the time of the operation is over. */
type Send = (command: Omit<CommandApdu, 'cla'>) => Promise<ResponseApdu>;

/** A PIV card with any transport (SP 800-73-4 part 2). */
export class PivClient implements CardClient {
  readonly #transport: CardTransport;
  readonly #options: PivOptions;
  readonly #mutex = new Mutex();

  constructor(transport: CardTransport, options: PivOptions = {}) {
    this.#transport = transport;
    this.#options = options;
  }

  select(): Promise<void> {
    return this.#mutex.run(() => this.#alone((send) => this.#select(send)));
  }

  verifyPin(pin: string): Promise<Verification> {
    return this.#call((send) => this.#verify(send, pin));
  }

  /**
   * Returns the remaining PIN attempts without using one; 0 means blocked. A card with a verified PIN does not report them; its
   * counter is full then, so this returns 3.
   */
  attemptsLeft(): Promise<number> {
    return this.#call((send) => this.#attemptsLeft(send));
  }

  /** Returns a certificate of the card, DER. @throws CardError `object_missing`, `malformed_response` (also if compressed) */
  readCertificate(slot: SlotName): Promise<Uint8Array> {
    return this.#call(async (send) => {
      const tag = Buffer.from(SLOTS[slot].object.toString(16), 'hex');
      const wanted = encodeTlv(0x5c, tag);
      const object = dataOf(await send({ ins: INS.getData, p1: 0x3f, p2: 0xff, data: wanted, le: 256 }));
      return parsed('certificate object', () => {
        const parts = parseTlv(onlyTlv(object, 0x53));
        const certificate = valueWith(parts, 0x70);
        const [info = COMPRESSED] = valueWith(parts, 0x71) ?? [];
        if (!certificate) throw new CardError('object_missing', 'The card has an empty certificate object.');
        if ((info & COMPRESSED) !== 0)
          throw new CardError('malformed_response', 'Compressed certificates are refused.');
        onlyTlv(certificate, 0x30);
        return certificate;
      });
    });
  }

  sign(
    slot: SlotName,
    digest: Uint8Array,
    algorithm: SignatureAlgorithmId,
    pin?: string,
  ): Promise<Uint8Array> {
    const rule: SignatureAlgorithm = signatureAlgorithms[algorithm];
    if (digest.length !== rule.digestLength)
      return Promise.reject(new RangeError(`A digest for ${algorithm} has ${rule.digestLength} bytes.`));
    return this.#call(async (send) => {
      if (pin !== undefined) await this.#demandPin(send, pin);
      const template = encodeTlv(0x7c, encodeTlv(0x82), encodeTlv(0x81, rule.block(digest)));
      const parameters = { p1: rule.cardAlgorithm, p2: SLOTS[slot].key };
      const answer = await send({
        ins: INS.generalAuthenticate,
        ...parameters,
        data: template,
        le: 256,
      });
      const data = dataOf(answer);
      return parsed('signature', () => {
        const signature = onlyTlv(onlyTlv(data, 0x7c), 0x82);
        rule.check(signature);
        return signature;
      });
    });
  }

  changePin(oldPin: string, newPin: string): Promise<Verification> {
    return this.#call(async (send) => {
      if (!isPin(oldPin) || !isPin(newPin)) return this.#malformed(send);
      return this.#replace(send, INS.changeReferenceData, oldPin, newPin);
    });
  }

  unblock(puk: string, newPin: string): Promise<Unblocking> {
    return this.#call(async (send) => {
      if (!isPuk(puk) || !isPin(newPin)) return { ok: false, malformed: true };
      return this.#replace(send, INS.resetRetryCounter, puk, newPin);
    });
  }

  /** Runs one task with the PIV application selected. */
  #call<T>(work: (send: Send) => Promise<T>): Promise<T> {
    return this.#mutex.run(() =>
      this.#alone(async (send) => {
        if (this.#transport.alone) await this.#selectAgain(send);
        return work(send);
      }),
    );
  }

  #alone<T>(work: (send: Send) => Promise<T>): Promise<T> {
    const limited = () => this.#inTime(work);
    return this.#transport.alone ? this.#transport.alone(limited) : limited();
  }

  /** Ends an operation when its time is over: a card may answer a little at a time, for hours. It sends nothing afterwards. */
  #inTime<T>(work: (send: Send) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = new AbortController();
      const timer = setTimeout(() => {
        late.abort(new CardError('transaction_failed', 'The card took too long.'));
        reject(late.signal.reason);
      }, this.#options.limit ?? defaultLimit);
      const transmit: CardTransport['transmit'] = async (command) => {
        late.signal.throwIfAborted();
        return this.#transport.transmit(command);
      };
      const send: Send = (command) => exchange({ transmit }, { cla: 0x00, ...command }, this.#options);
      work(send)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  async #select(send: Send): Promise<void> {
    const { data, sw } = await send({ ins: INS.select, p1: 0x04, p2: 0x00, data: PIV_AID, le: 256 });
    if (sw !== SW.ok) throw new CardError('not_a_piv_card', 'The card has no PIV application.');
    parsed('answer to SELECT', () => onlyTlv(data, 0x61));
  }

  /** Selects only if another program has selected something else: some cards forget the PIN at a SELECT. */
  async #selectAgain(send: Send): Promise<void> {
    const wanted = encodeTlv(0x5c, Uint8Array.of(OBJECT.discovery));
    const { sw } = await send({ ins: INS.getData, p1: 0x3f, p2: 0xff, data: wanted, le: 256 });
    if (sw !== SW.ok) await this.#select(send);
  }

  #outcome({ sw }: ResponseApdu): Verification {
    if (sw === SW.ok) return { ok: true };
    const attemptsLeft = triesIn(sw);
    if (attemptsLeft === undefined) throw refusal(sw);
    return { ok: false, attemptsLeft };
  }

  async #attemptsLeft(send: Send): Promise<number> {
    const { sw } = await send({ ins: INS.verify, p1: 0x00, p2: KEY_REFERENCE.pin });
    if (sw === SW.ok) return TRIES;
    const left = triesIn(sw);
    if (left === undefined) throw refusal(sw);
    return left;
  }

  async #malformed(send: Send): Promise<Verification> {
    return { ok: false, attemptsLeft: await this.#attemptsLeft(send), malformed: true };
  }

  async #verify(send: Send, pin: string): Promise<Verification> {
    if (!isPin(pin)) return this.#malformed(send);
    return this.#outcome(await send({ ins: INS.verify, p1: 0x00, p2: KEY_REFERENCE.pin, data: padded(pin) }));
  }

  async #demandPin(send: Send, pin: string): Promise<void> {
    const verification = await this.#verify(send, pin);
    if (verification.ok) return;
    const { attemptsLeft } = verification;
    if (attemptsLeft === 0) throw refusal(SW.authenticationBlocked);
    throw new CardError('pin_required', 'The PIN is wrong.', { attemptsLeft });
  }

  async #replace(send: Send, ins: number, secret: string, newPin: string): Promise<Verification> {
    const data = new Uint8Array([...padded(secret), ...padded(newPin)]);
    return this.#outcome(await send({ ins, p1: 0x00, p2: KEY_REFERENCE.pin, data }));
  }
}
