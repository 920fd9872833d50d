import { noContent } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { check, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { handler } from '../endpoint.ts';
import { readCertificate } from '../examination/certificate.ts';
import { limitNetwork } from '../limits.ts';
import { paths } from '../protocol.ts';
import { base64, readBody } from '../shapes.ts';
import type { CardCall, CardServices } from './services.ts';

const shape = z.strictObject({ certificate: base64(8_192) });

async function readHeld({ request }: CardCall) {
  return { held: await readBody(request, shape) };
}

/** Adds a refused card to the journey of its insertion. */
function recordRefusal(recorder: Recorder, { headers }: HttpRequest, { entry }: Refusal): void {
  const { 'x-correlation-id': correlation } = headers;
  if (typeof correlation !== 'string' || correlation.length > 200) return;
  recorder.record({
    keys: [correlation],
    from: 'identity-agent',
    to: 'cis',
    name: 'cis.examination',
    outcome: 'refused',
    detail: { error: entry.id },
  });
}

const checkCard = check(
  'certificate',
  async function checkCard({ cis, request, held }: CardCall & { held: z.output<typeof shape> }) {
    try {
      await cis.examiner.examineHeld(await readCertificate(held.certificate));
    } catch (thrown) {
      if (thrown instanceof Refusal) recordRefusal(cis.recorder, request, thrown);
      throw thrown;
    }
  },
);

/** Needs no proof, as revocation lists and OCSP return the same to any caller. */
const examination = steps<CardCall>('cis.examine-card')
  .step(limitNetwork('revocationCalls'))
  .step(readHeld)
  .step(checkCard)
  .step(async function answerUsable() {
    return noContent();
  });

/** `POST /cards/examination`: whether a card can sign in, before its holder gives the PIN. */
export const examinationRoutes = (cis: CardServices): Route[] =>
  route(paths.cardExamination, { POST: handler(examination, cis) });
