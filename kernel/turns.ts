import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Maximum number of requests of one connection that wait for the response before them. */
const maxWaiting = 100;

/** Runs the requests of each connection one after another. A client may send thousands without reading a response. */
export class Turns {
  readonly #latest = new WeakMap<Socket, ServerResponse>();
  readonly #waiting = new WeakMap<Socket, number>();

  /** Runs a request when the one before it on its connection is answered. Ends a connection on which too many wait. */
  take({ socket }: IncomingMessage, response: ServerResponse, run: () => void): void {
    const before = this.#latest.get(socket);
    this.#latest.set(socket, response);
    if (before === undefined || before.writableFinished) {
      run();
      return;
    }
    const waiting = (this.#waiting.get(socket) ?? 0) + 1;
    this.#waiting.set(socket, waiting);
    if (waiting > maxWaiting) {
      socket.destroy();
      return;
    }
    before.once('close', () => {
      this.#waiting.set(socket, (this.#waiting.get(socket) ?? 1) - 1);
      if (!socket.destroyed) run();
    });
  }
}
