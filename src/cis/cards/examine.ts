import { noContent } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { check, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { readCertificate } from '../card/certificate.ts';
import type { CardExaminer } from '../card/examination.ts';
import { type Call, handler } from '../endpoint.ts';
import { readBody } from '../json-body.ts';
import { type CisNetworkLimits, limitNetwork } from '../limits.ts';
import { paths } from '../protocol.ts';
import { base64 } from '../shapes.ts';

interface ExaminationDependencies {
  examiner: CardExaminer;
  networks: CisNetworkLimits;
}

type ExaminationCall = Call<ExaminationDependencies>;

const shape = z.strictObject({ certificate: base64(8_192) });

async function readHeld({ request }: ExaminationCall) {
  return { held: await readBody(request, shape) };
}

const checkCard = check(
  'certificate',
  async function checkCard({ cis, held }: ExaminationCall & { held: z.output<typeof shape> }) {
    await cis.examiner.examineHeld(await readCertificate(held.certificate));
  },
);

/** Needs no proof, as revocation lists and OCSP return the same to any caller. */
const examination = steps<ExaminationCall>('cis.examine-card')
  .step(limitNetwork('revocationCalls'))
  .step(readHeld)
  .step(checkCard)
  .step(async function answerUsable() {
    return noContent();
  });

/** `POST /cards/examination`: whether a card can sign in, before its holder gives the PIN. */
export const examinationRoutes = (cis: ExaminationDependencies): Route[] =>
  route(paths.cardExamination, { POST: handler(examination, cis) });
