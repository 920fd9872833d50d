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
