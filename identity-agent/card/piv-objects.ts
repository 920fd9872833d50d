import { createHash, X509Certificate } from 'node:crypto';
import { encodeTlv } from './apdu.ts';
import type { CardMemory } from './card-memory.ts';
import { OBJECT, PIV_AID, SLOTS, type SlotName } from './piv.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const fromHex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));
const empty = new Uint8Array(0);

/** FASC-N of a card outside the federal numbering: agency 9999, system 9999, credential 999999 (SP 800-73-4 part 1 section 3.1.2). */
const NON_FEDERAL_FASC_N = fromHex('d4e739da739ced39ce739d836858210842108421c84210c3eb');

const numberFrom = (purpose: string, serial: string): Buffer =>
  createHash('sha256').update(`alongside ${purpose} ${serial}`).digest();

/** Returns a stable UUID of the card (RFC 9562 version 8). */
function cardUuid(serial: string): Uint8Array {
  const uuid = new Uint8Array(numberFrom('card', serial).subarray(0, 16));
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x80;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid;
}

/** Returns the expiry of the authentication certificate as YYYYMMDD. */
function expiryDate(certificate: Uint8Array): string {
  const end = new Date(new X509Certificate(certificate).validTo);
  return end.toISOString().slice(0, 10).replaceAll('-', '');
}

/** Card Holder Unique Identifier. Virtual cards lack a content signer, so the signature is empty. */
function chuid(card: CardMemory): Uint8Array | undefined {
  const certificate = card.certificate('authentication');
  if (!certificate) return undefined;
  return encodeTlv(
    0x53,
    encodeTlv(0x30, NON_FEDERAL_FASC_N),
    encodeTlv(0x34, cardUuid(card.serial)),
    encodeTlv(0x35, Buffer.from(expiryDate(certificate), 'latin1')),
    encodeTlv(0x3e, empty),
    encodeTlv(0xfe, empty),
  );
}

/** Card Capability Container: GSC-RID, Java card, an identifier of 14 bytes; all else is empty, as in PIV. */
function capabilities(card: CardMemory): Uint8Array {
  const identifier = numberFrom('capabilities', card.serial).subarray(0, 14);
  const unused = [0xf6, 0xf7, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe].map((tag) => encodeTlv(tag, empty));
  return encodeTlv(
    0x53,
    encodeTlv(0xf0, fromHex('a000000116ff02'), identifier),
    encodeTlv(0xf1, bytes(0x21)),
    encodeTlv(0xf2, bytes(0x21)),
    encodeTlv(0xf3, empty),
    encodeTlv(0xf4, bytes(0x00)),
    encodeTlv(0xf5, bytes(0x10)),
    ...unused,
  );
}

/** Discovery object: only the card's own PIN unlocks it (SP 800-73-4 part 1 section 3.3.2: 40 00). */
const discovery = (): Uint8Array =>
  encodeTlv(OBJECT.discovery, encodeTlv(0x4f, PIV_AID), encodeTlv(0x5f2f, bytes(0x40, 0x00)));

/** Key history object: no retired keys, on the card or elsewhere (SP 800-73-4 part 1 section 3.3.3). */
const history = (): Uint8Array =>
  encodeTlv(0x53, encodeTlv(0xc1, bytes(0)), encodeTlv(0xc2, bytes(0)), encodeTlv(0xfe, empty));

const certificateOf =
  (slot: SlotName) =>
  (card: CardMemory): Uint8Array | undefined => {
    const certificate = card.certificate(slot);
    return (
      certificate &&
      encodeTlv(0x53, encodeTlv(0x70, certificate), encodeTlv(0x71, bytes(0x00)), encodeTlv(0xfe, empty))
    );
  };

/** The data objects of a virtual card, wrapped as GET DATA returns them. */
export const dataObjects: ReadonlyMap<number, (card: CardMemory) => Uint8Array | undefined> = new Map([
  [OBJECT.chuid, chuid],
  [OBJECT.capabilities, capabilities],
  [OBJECT.discovery, discovery],
  [OBJECT.history, history],
  [SLOTS.authentication.object, certificateOf('authentication')],
  [SLOTS.signing.object, certificateOf('signing')],
]);

/** Application property template: the response to SELECT (SP 800-73-4 part 2 table 3). */
export const applicationProperties: Uint8Array = encodeTlv(
  0x61,
  encodeTlv(0x4f, PIV_AID.slice(5)),
  encodeTlv(0x50, Buffer.from('Alongside virtual card', 'latin1')),
  encodeTlv(0x79, encodeTlv(0x4f, PIV_AID.slice(0, 5))),
);
