import { activity } from '@alongside/kernel/activity';
import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { type DecodedJwt, decodeJwt, verifySignature } from '@alongside/kernel/jws';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import {
  type ExchangeAnswer,
  type ExchangeRequest,
  type HandOffError,
  requestType,
} from '../../../../identity-agent/protocol.ts';
import { sessionErrors } from '../../sessions/errors.ts';
import { smartcardErrors } from './errors.ts';
import { authenticate, checkProof, type ProofCall, proveSession, readProof } from './proof.ts';
import { readCertificate } from './session-certificate.ts';
import type { HandOff, HandOffOutcome, SmartcardDependencies } from './sign-in.ts';
import { smartcardText } from './text.ts';

/** An exchange, and the `jti` of its hand-off request. */
interface Exchange {
  smartcard: SmartcardDependencies;
  jti: string;
}

/** An exchange with a reason instead of a proof. */
interface ReasonCall extends Exchange {
  error: HandOffError;
  /** The signed request, which only the browser and the agent have seen. */
  request: string;
}

const token = z.string().min(1).max(32_768);
const isReason = (value: unknown): boolean =>
  typeof value === 'string' && Object.hasOwn(smartcardText.handOff, value);
const bodyShape = z.union([
  z.strictObject({ proof: token, sessionCertificate: token }),
  z.strictObject({
    requestJti: z.string().min(1).max(128),
    error: z.custom<HandOffError>(isReason),
    request: token,
  }),
]);

function readBody({ body, headers }: HttpRequest): ExchangeRequest {
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw sessionErrors.exchangeMalformed('the content type is not JSON');
  try {
    return bodyShape.parse(JSON.parse(body));
  } catch {
    throw sessionErrors.exchangeMalformed('the body has neither a proof nor a reason');
  }
}

const findHandOff = check(
  'hand-off',
  async function findHandOff({ smartcard: { handOffs, clock }, jti }: Exchange) {
    activity()?.join({ keys: [jti] });
    const found = await handOffs.find(jti);
    activity()?.trace?.link(found?.payload.trace);
    if (!found || found.expiresAt <= clock.now())
      throw smartcardErrors.exchangeUnknown('no hand-off has this jti, or it has expired');
    if (found.payload.answer || found.usedAt !== null)
      throw smartcardErrors.exchangeUsed('the jti was already exchanged');
    return { handOff: found.payload };
  },
);

/** Verifies that the caller holds the signed request. */
const checkRequest = check(
  'hand-off-request',
  async function checkRequest({ smartcard: { keys }, jti, request }: ReasonCall): Promise<void> {
    const jwt = decodeJwt(request);
    const known = typeof jwt?.header.kid === 'string' ? await keys.publicKey(jwt.header.kid) : undefined;
    if (!jwt || !known || jwt.header.typ !== requestType || jwt.header.alg !== known.algorithm)
      throw sessionErrors.exchangeMalformed('the request is not signed by this service');
    if (jwt.claims.jti !== jti || !(await verifySignature(jwt, known.algorithm, known.key)))
      throw sessionErrors.exchangeMalformed('the request is not the one with this jti');
  },
);

const reportReason = async ({
  error,
}: ReasonCall & Passed<'hand-off-request'>): Promise<{ outcome: HandOffOutcome }> => ({
  outcome: { error },
});

/** Answers the hand-off once, and returns the code for the browser. */
async function answerCode({
  smartcard: { database, handOffs },
  jti,
  handOff,
  outcome,
}: Exchange & {
  handOff: HandOff;
  outcome: HandOffOutcome;
} & Passed<'hand-off'>): Promise<Answer> {
  const { code, statement } = handOffs.prepareExchange(jti, handOff, outcome);
  const { done } = await database.batch([statement]);
  if (!done) throw smartcardErrors.exchangeUsed('a concurrent exchange of this jti won');
  return json(200, { code } satisfies ExchangeAnswer);
}

const exchangeProof = steps<ProofCall>('cis2.exchange-proof')
  .step(readCertificate)
  .step(readProof)
  .step(findHandOff)
  .step(checkProof)
  .step(proveSession)
  .step(authenticate)
  .step(answerCode);

const exchangeReason = steps<ReasonCall>('cis2.exchange-reason')
  .step(checkRequest)
  .step(findHandOff)
  .step(reportReason)
  .step(answerCode);

/** Returns the claims of an unverified proof that link its event to a journey. */
const claimedKeys = ({ claims }: DecodedJwt): string[] =>
  [claims.request_jti, claims.cis_sid].map((claim) => (typeof claim === 'string' ? claim : ''));

/** `POST /agent/exchange`: the agent exchanges a proof for the code that the browser carries back. */
export const createExchange =
  (smartcard: SmartcardDependencies): Endpoint =>
  async (request) => {
    const body = readBody(request);
    const decoded = 'proof' in body ? decodeJwt(body.proof) : undefined;
    const [jti = '', sid = ''] = 'proof' in body ? (decoded ? claimedKeys(decoded) : []) : [body.requestJti];
    const record = (outcome: 'ok' | 'refused', detail: Record<string, string>) =>
      smartcard.recorder.record({
        keys: outcome === 'ok' ? [jti, sid] : [jti],
        from: 'identity-agent',
        to: 'cis2',
        name: 'cis2.exchange',
        outcome,
        detail,
      });
    try {
      const answer =
        'proof' in body
          ? await exchangeProof.run({ smartcard, decoded, sessionCertificate: body.sessionCertificate })
          : await exchangeReason.run({ smartcard, jti, error: body.error, request: body.request });
      record('ok', { result: 'proof' in body ? 'proof' : body.error });
      return answer;
    } catch (thrown) {
      if (thrown instanceof Refusal) {
        record('refused', { error: thrown.entry.id });
        smartcard.audit.countUnproven('sign-in smartcard', request.address);
      }
      throw thrown;
    }
  };
