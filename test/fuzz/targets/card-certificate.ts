import assert from 'node:assert/strict';
import { readCertificate } from '../../../src/cis/examination/certificate.ts';
import { memoryCard } from '../memory-card.ts';
import { type FuzzTarget, hex } from '../target.ts';

const card = await memoryCard();

export const target: FuzzTarget = {
  name: 'card-certificate',
  corpus: (['authentication', 'signing'] as const).map((slot) => card.certificate(slot) ?? new Uint8Array(0)),
  words: [
    hex('3080'),
    hex('0c0c363536303035373530313939'),
    hex('0603550403'),
    hex('170d'),
    hex('a303'),
    hex('84ffffffff'),
  ],
  async run(bytes) {
    try {
      const { notBefore, notAfter } = await readCertificate(Buffer.from(bytes));
      assert.ok(Number.isFinite(notBefore) && Number.isFinite(notAfter));
    } catch (error) {
      if ((error as Error).name !== 'Refusal') throw error;
    }
  },
};
