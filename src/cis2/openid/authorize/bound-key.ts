import type { Answer } from '@alongside/kernel/answer';
import type { Parameters } from '../../../oauth/parameters.ts';
import { responseErrors } from '../../errors/response.ts';
import { rulesOf } from '../../model/profiles.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { Reply } from '../../responses/reply.ts';

const thumbprintForm = /^[A-Za-z0-9_-]{43}$/;

/** The key that must redeem the code: `dpop_jkt`, or that of the proof that came along with a pushed request (RFC 9449 section 10). */
export async function checkBoundKey({
  parameters,
  party,
  reply,
  jkt: proven = null,
}: {
  parameters: Parameters;
  party: RelyingParty;
  reply: Reply;
  jkt?: string | null;
}): Promise<Answer | { jkt: string | null }> {
  const named = rulesOf(party.client).extended ? parameters.get('dpop_jkt') : undefined;
  if (named === undefined) return { jkt: proven };
  const fits = thumbprintForm.test(named) && (proven === null || proven === named);
  return fits
    ? { jkt: named }
    : reply.fail(responseErrors.keyInvalid(`dpop_jkt is ${named}, proven is ${proven ?? 'none'}`));
}
