import { isObject, isTame } from '@alongside/kernel/json';
import type { SocketErrorData } from '../protocol.ts';

/** A line was longer than allowed. */
export class LineTooLong extends Error {
  override name = 'LineTooLong';
}

/** Joins chunks to lines (LF, with or without CR). */
export class Lines {
  readonly #longest: number;
  #pieces: Buffer[] = [];
  #size = 0;

  /** @param longest maximum bytes of a line without its end */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Returns the non-empty lines that this chunk completes. @throws LineTooLong; the object is then unusable */
  push(piece: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, from)) {
      this.#add(piece.subarray(from, end));
      const line = Buffer.concat(this.#pieces).toString('utf8').replace(/\r$/, '');
      this.#pieces = [];
      this.#size = 0;
      from = end + 1;
      if (line.trim() !== '') lines.push(line);
    }
    this.#add(piece.subarray(from));
    return lines;
  }

  #add(part: Buffer): void {
    if (part.length === 0) return;
    this.#size += part.length;
    if (this.#size > this.#longest) throw new LineTooLong(`A line has more than ${this.#longest} bytes.`);
    this.#pieces.push(part);
  }
}

/** Error codes of JSON-RPC 2.0, section 5.1. */
export const rpcCodes = {
  parse: -32_700,
  invalidRequest: -32_600,
  noMethod: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
} as const;

export type Id = string | number | null;
export type Params = Readonly<Record<string, unknown>>;

/** A well-formed, unvalidated call. */
export interface Call {
  /** Undefined for a notification, which gets no response. */
  id: Id | undefined;
  method: string;
  params: Params;
}

/** The error of a call, for its caller. */
export class RpcError extends Error {
  override name = 'RpcError';
  readonly code: number;
  readonly data: SocketErrorData | undefined;

  constructor(code: number, message: string, data?: SocketErrorData) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** Maximum nesting depth of a call. */
const deepest = 16;

const isId = (value: unknown): value is Id =>
  value === null ||
  (typeof value === 'string' && value.length <= 128) ||
  (typeof value === 'number' && Number.isFinite(value));

/** Parses one line. Batches are not supported. */
export function readCall(line: string): Call | { id: Id; error: RpcError } {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return { id: null, error: new RpcError(rpcCodes.parse, 'The line is not JSON.') };
  }
  const invalid = (id: Id, why: string) => ({ id, error: new RpcError(rpcCodes.invalidRequest, why) });
  if (!isObject(message)) return invalid(null, 'The line is not one JSON-RPC call.');
  const { jsonrpc, id, method, params = {} } = message;
  if (id !== undefined && !isId(id)) return invalid(null, 'The id must be a short string or a number.');
  if (!isTame(message, deepest))
    return invalid(id ?? null, 'The call is nested too deeply, or has a member "__proto__".');
  if (jsonrpc !== '2.0' || typeof method !== 'string' || method.length > 128)
    return invalid(id ?? null, 'It is not a call of JSON-RPC 2.0.');
  if (!isObject(params))
    return { id: id ?? null, error: new RpcError(rpcCodes.invalidParams, 'The params must be an object.') };
  return { id, method, params };
}

/** Returns the response line of a call. */
export const resultLine = (id: Id, result: unknown): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`;

export const errorLine = (id: Id, { code, message, data }: RpcError): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } })}\n`;

export const notificationLine = (method: string, params: object): string =>
  `${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`;
