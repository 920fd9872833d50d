import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { CardTransport } from './transport.ts';

/** A peer that does not keep to the vpcd protocol. */
export class VpcdError extends Error {
  override readonly name = 'VpcdError';
}

/** Maximum length of a frame, limited by its two length bytes. */
const MOST_BYTES = 0xffff;

/** Control frames of one byte; every other frame is a command APDU. */
export const vpcdControl = { powerOff: 0x00, powerOn: 0x01, reset: 0x02, answerToReset: 0x04 } as const;

/** Encodes a frame: the length in two bytes, big-endian, then the payload. Throws VpcdError for an empty or oversized payload. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  if (payload.length === 0 || payload.length > MOST_BYTES)
    throw new VpcdError('A vpcd frame has 1 to 65535 bytes.');
  return Uint8Array.from([payload.length >> 8, payload.length & 0xff, ...payload]);
}

/** Finds the frames in a stream, however it is split. Buffers at most one frame and one chunk. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array(0);

  /**
   * Returns the payloads that this chunk completes. Throws VpcdError for a frame without payload; the stream is then unusable.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    this.#rest = new Uint8Array(Buffer.concat([this.#rest, chunk]));
    for (let payload = this.#next(); payload; payload = this.#next()) yield payload;
  }

  #next(): Uint8Array | undefined {
    const [high, low] = this.#rest;
    if (high === undefined || low === undefined) return undefined;
    const end = 2 + high * 256 + low;
    if (end === 2) throw new VpcdError('A vpcd frame has no payload.');
    if (this.#rest.length < end) return undefined;
    const payload = this.#rest.slice(2, end);
    this.#rest = this.#rest.subarray(end);
    return payload;
  }
}

/** A card with controllable power, for a slot. */
export interface SlotCard extends CardTransport {
  /** Answer to reset. */
  readonly atr: Uint8Array;
  powerOff(): void;
}

/** The address of vpcd: a TCP port of this machine, or a Unix socket that leads to one. */
export type VpcdSlot = { readonly port: number } | { readonly path: string };

/** Frames that control power or request the ATR; undefined means no response. */
const controls = new Map<number, (card: SlotCard) => Uint8Array | undefined>([
  [vpcdControl.powerOff, (card) => void card.powerOff()],
  [vpcdControl.powerOn, () => undefined],
  [vpcdControl.reset, (card) => void card.powerOff()],
  [vpcdControl.answerToReset, (card) => card.atr],
]);

/**
 * A card in a slot of vpcd, the virtual reader of pcscd (vsmartcard project, `ifd-vpcd`). The card is in the slot while the
 * connection is open. vpcd listens on every address of its machine, so run it only in a separate network namespace.
 */
export class VpcdConnection {
  /** Resolves when the card has left the slot, with an error if the peer broke the protocol. */
  readonly closed: Promise<Error | undefined>;
  readonly #socket: Socket;
  readonly #ended: Promise<undefined>;

  private constructor(card: SlotCard, socket: Socket) {
    this.#socket = socket;
    this.#ended = new Promise((resolve) => socket.once('close', () => resolve(undefined)));
    this.closed = this.#serve(card).finally(() => card.powerOff());
  }

  /** Inserts a card. Rejects with the system's error if no vpcd listens there. */
  static async insert(card: SlotCard, slot: VpcdSlot): Promise<VpcdConnection> {
    const socket = 'path' in slot ? connect(slot.path) : connect(slot.port, '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    return new VpcdConnection(card, socket);
  }

  async remove(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  async #serve(card: SlotCard): Promise<Error | undefined> {
    const frames = new FrameReader();
    try {
      // Reads the next command only after the response to the current one.
      for await (const chunk of this.#socket)
        for (const payload of frames.push(chunk as Buffer)) await this.#answer(card, payload);
      return undefined;
    } catch (error) {
      return error instanceof VpcdError ? error : undefined;
    } finally {
      this.#socket.destroy();
    }
  }

  async #answer(card: SlotCard, payload: Uint8Array): Promise<void> {
    const control = payload.length === 1 ? controls.get(payload[0] ?? 0) : undefined;
    // A card that never responds must not keep its connection open.
    const answer = control ? control(card) : await Promise.race([card.transmit(payload), this.#ended]);
    if (answer) this.#socket.write(encodeFrame(answer));
  }
}
