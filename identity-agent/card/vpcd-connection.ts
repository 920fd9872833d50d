import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { CardTransport } from './transport.ts';
import { encodeFrame, FrameReader, VpcdError, vpcdControl } from './vpcd-frames.ts';

/** A card with power to cut: what a slot needs of it. */
export interface SlotCard extends CardTransport {
  /** Answer to reset. */
  readonly atr: Uint8Array;
  powerOff(): void;
}

/** Where vpcd waits for a card: a TCP port of this machine, or a Unix socket that leads to one. */
export type VpcdSlot = { readonly port: number } | { readonly path: string };

/** The frames that ask for power or the ATR; undefined when nothing is answered. */
const controls = new Map<number, (card: SlotCard) => Uint8Array | undefined>([
  [vpcdControl.powerOff, (card) => void card.powerOff()],
  [vpcdControl.powerOn, () => undefined],
  [vpcdControl.reset, (card) => void card.powerOff()],
  [vpcdControl.answerToReset, (card) => card.atr],
]);

/**
 * A card in a slot of vpcd, the virtual reader of pcscd (vsmartcard project, `ifd-vpcd`): the card is in while the
 * connection lives. vpcd listens on every address of its machine, so run it in a network namespace of its own only.
 */
export class VpcdConnection {
  /** Resolves when the card is out of the slot, whoever ended it; with the reason when it was the peer's fault. */
  readonly closed: Promise<Error | undefined>;
  readonly #socket: Socket;
  readonly #ended: Promise<undefined>;

  private constructor(card: SlotCard, socket: Socket) {
    this.#socket = socket;
    this.#ended = new Promise((resolve) => socket.once('close', () => resolve(undefined)));
    this.closed = this.#serve(card).finally(() => card.powerOff());
  }

  /** Puts a card in. Rejects with the system's error when no vpcd waits there. */
  static async insert(card: SlotCard, slot: VpcdSlot): Promise<VpcdConnection> {
    const socket = 'path' in slot ? connect(slot.path) : connect(slot.port, '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    return new VpcdConnection(card, socket);
  }

  /** Takes the card out. */
  async remove(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  async #serve(card: SlotCard): Promise<Error | undefined> {
    const frames = new FrameReader();
    try {
      // One command at a time: while the card works nothing more is read.
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
    // A card that never answers does not keep its connection from ending.
    const answer = control ? control(card) : await Promise.race([card.transmit(payload), this.#ended]);
    if (answer) this.#socket.write(encodeFrame(answer));
  }
}
