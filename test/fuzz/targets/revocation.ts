import { parseCrl } from '../../../src/cis/revocation/crl-check.ts';
import { parseOcspResponse } from '../../../src/cis/revocation/ocsp-check.ts';
import {
  buildOcspRequest,
  buildOcspResponse,
  ocspFailure,
  parseOcspRequest,
} from '../../../src/cis/revocation/ocsp-messages.ts';
import { memoryCard } from '../memory-card.ts';
import { type FuzzTarget, hex, orAnyError } from '../target.ts';

const card = await memoryCard();
const certificate = card.certificate('authentication') ?? new Uint8Array(0);
const { privateKey } = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
  'sign',
  'verify',
])) as CryptoKeyPair;
const question = await buildOcspRequest(certificate, certificate, new Uint8Array(16));
const [asked] = parseOcspRequest(question).certificates;
const answer = await buildOcspResponse(
  {
    statuses: asked ? [{ asked, status: { is: 'revoked', at: 0, reason: 1 } }] : [],
    ...{ nonce: undefined, issuer: certificate, at: 0, nextUpdate: 86_400_000 },
  },
  privateKey,
);

const only = async (work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if ((error as Error).name !== 'StatusUnknown') throw error;
  }
};

/** Lists and answers of a responder, and what our own responder is asked. */
export const target: FuzzTarget = {
  name: 'revocation',
  corpus: [question, answer, ocspFailure(1), certificate],
  words: [hex('3080'), hex('0a0100'), hex('a08001'), hex('180f'), hex('30820fff'), hex('84ffffffff')],
  async run(bytes) {
    await only(() => parseCrl(bytes));
    await only(() => parseOcspResponse(bytes));
    await orAnyError(() => parseOcspRequest(bytes));
  },
};
