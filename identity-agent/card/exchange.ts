import {
  type CommandApdu,
  chainOf,
  decodeResponse,
  encodeCommand,
  exactLengthIn,
  moreIn,
  type ResponseApdu,
  SW,
} from './apdu.ts';
import { CardError } from './card-client.ts';
import type { CardTransport } from './transport.ts';

/** Maximum bytes of a whole response: more than any object of a PIV card. */
const MOST_BYTES = 16384;
/** Maximum response APDUs of a whole response. */
const MOST_ROUNDS = 128;

/** Options for exchanging commands with a card. */
export interface ExchangeOptions {
  /** Sends long data in one extended APDU instead of a chain of short ones. Not every card and reader supports it. */
  readonly extendedLength?: boolean;
}

async function once(transport: CardTransport, command: CommandApdu): Promise<ResponseApdu> {
  let bytes: Uint8Array;
  try {
    bytes = await transport.transmit(encodeCommand(command));
  } catch (error) {
    if (error instanceof CardError) throw error;
    throw new CardError('transaction_failed', 'The reader did not carry the command.', { cause: error });
  }
  try {
    return decodeResponse(bytes);
  } catch (error) {
    throw new CardError('malformed_response', 'The card answered without a status word.', { cause: error });
  }
}

/** Sends a command, and repeats it with the right Le if the card asks for it (ISO/IEC 7816-3 section 10.4: 6Cxx). */
async function withExactLength(transport: CardTransport, command: CommandApdu): Promise<ResponseApdu> {
  const response = await once(transport, command);
  const le = exactLengthIn(response.sw);
  return le === undefined ? response : once(transport, { ...command, le });
}

/**
 * Sends one command to the card and returns its whole response: chains long data, repeats on 6Cxx and collects data after 61xx.
 * The caller interprets the last status word.
 * @throws CardError `card_removed`, `malformed_response`, `transaction_failed`
 */
export async function exchange(
  transport: CardTransport,
  command: CommandApdu,
  { extendedLength = false }: ExchangeOptions = {},
): Promise<ResponseApdu> {
  const chain = extendedLength ? [command] : chainOf(command);
  const last = chain.pop() ?? command;
  for (const part of chain) {
    const response = await once(transport, part);
    if (response.sw !== SW.ok) return response;
  }
  let response = await withExactLength(transport, last);
  const parts = [response.data];
  let length = response.data.length;
  for (let round = 1; moreIn(response.sw) !== undefined; round += 1) {
    const getResponse = { cla: 0x00, ins: 0xc0, p1: 0x00, p2: 0x00, le: moreIn(response.sw) };
    response = await withExactLength(transport, getResponse);
    parts.push(response.data);
    length += response.data.length;
    if (round === MOST_ROUNDS || length > MOST_BYTES)
      throw new CardError('malformed_response', 'The response of the card does not end.');
  }
  return { data: new Uint8Array(Buffer.concat(parts)), sw: response.sw };
}
