import { type Answer, json } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { endings, errors } from '../errors.ts';
import { signerHeader } from '../protocol.ts';
import type { SigningAnswer } from '../transactions.ts';
import type { ApiCall } from './request.ts';

type ResponseCall = ApiCall & { token: string };

type Owned = Pick<SigningAnswer, 'application' | 'uid'>;

/** Returns whether a request belongs to the application and the user of the access token. Calls of the sandbox have no token. */
const isOwn = ({ call }: ApiCall, { application, uid }: Owned): boolean =>
  call.application === undefined ||
  (call.application === application && call.headers.get(signerHeader) === uid);

/** Finds the answer of the application and the user. All others get the error of an unknown token. */
const checkOwner = check('owner', async function checkOwner(known: ResponseCall): Promise<{
  found: SigningAnswer;
}> {
  const { transactions, clock } = known.signing;
  const found = await transactions.answer(known.token);
  if (found) {
    if (!isOwn(known, found)) throw errors.tokenUnknown('the token is of another application or user');
    return { found };
  }
  const request = await transactions.findAny(known.token);
  if (!request || !isOwn(known, request))
    throw errors.tokenUnknown('no such token of this application and user');
  if (request.usedAt !== null || request.expiresAt <= clock.now())
    throw errors.tokenExpired('the token has expired');
  throw errors.presencePending('the presence check was not completed');
});

function answerSignatures({ found }: { found: SigningAnswer } & Passed<'owner'>): Answer {
  if ('ending' in found) throw endings[found.ending](found.detail ?? 'the request ended so');
  const { signatures, certificate } = found;
  return json(200, { signatures, certificate });
}

/** `GET /signatureresponse/{token}`: the same answer as often as the application calls. */
export const signatureResponse = steps<ResponseCall>('signing.response')
  .step(checkOwner)
  .step(answerSignatures);
