import { type Answer, json } from '@alongside/kernel/answer';
import { errors } from '../errors.ts';
import { complete } from '../presence/complete.ts';
import { type CheckedRequest, keepRequest, presenceUrl, requestChecks, requestOf } from './request.ts';

/** Signs at once, without a person: the presence check of the published sandbox does nothing either. */
async function signAtOnce(known: CheckedRequest): Promise<Answer> {
  const { signing } = known;
  const token = await keepRequest(known, 'sandbox');
  const signed = await complete(signing, token, requestOf(known), { mode: 'sandbox' }, { address: '' });
  if (!signed) throw errors.tokenUnknown('the request was completed at the same time');
  return json(200, { token, redirectUri: presenceUrl(signing, token) });
}

/** `POST /signaturerequest` of the sandbox, in development. */
export const sandboxRequest = requestChecks.step(signAtOnce);
