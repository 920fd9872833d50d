import type { Answer } from '@alongside/kernel/answer';
import type { Parameters } from '../../../oauth/parameters.ts';
import { isChallenge } from '../../../oauth/pkce.ts';
import { responseErrors } from '../../errors/response.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { Reply } from '../../responses/reply.ts';

/** PKCE: as the client registered, S256 only, and enforced later if a challenge was sent (RFC 7636, RFC 9700 section 2.1.1). */
export async function checkProofKey({
  parameters,
  reply,
  party,
}: {
  parameters: Parameters;
  reply: Reply;
  party: RelyingParty;
}): Promise<Answer | { challenge: string | null }> {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined) {
    if (method !== undefined)
      return reply.fail(responseErrors.challengeInvalid('a method came without a challenge'));
    const { pkce, profile, tokenEndpointAuthMethod } = party.client;
    const required = pkce === 'required' || profile === 'fapi2' || tokenEndpointAuthMethod === 'none';
    return required ? reply.fail(responseErrors.challengeMissing()) : { challenge: null };
  }
  // A missing method means plain (RFC 7636 section 4.3).
  if (method !== 'S256')
    return reply.fail(
      responseErrors.challengeInvalid(`the method is ${method ?? 'missing'}, S256 was expected`),
    );
  if (!isChallenge(challenge))
    return reply.fail(responseErrors.challengeInvalid('it is not 43 characters of base64url'));
  return { challenge };
}
