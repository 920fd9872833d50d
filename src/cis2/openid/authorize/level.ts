import type { Answer } from '@alongside/kernel/answer';
import type { Parameters } from '../../../oauth/parameters.ts';
import { acrValues } from '../../authenticators/registry.ts';
import { responseErrors } from '../../errors/response.ts';
import type { Reply } from '../../responses/reply.ts';
import type { AuthorizationClaims } from './claims-parameter.ts';

/**
 * Which authentication context classes are asked for, in order. Unknown ones are ignored, but never all of an
 * essential claim (OpenID Connect Core section 5.5.1.1).
 * @param otherwise what is asked for where nothing is.
 */
export const checkLevel = (otherwise: readonly string[]) =>
  async function checkLevel({
    parameters,
    claims,
    reply,
  }: {
    parameters: Parameters;
    claims: AuthorizationClaims;
    reply: Reply;
  }): Promise<Answer | { acr: string[] }> {
    const claimed = claims.acr.values;
    const plain = (parameters.get('acr_values') ?? '').split(' ');
    // The claims parameter says more exactly what is wanted, so it goes before acr_values.
    const asked = [
      ...new Set((claimed.length > 0 ? claimed : plain).filter((value) => acrValues.includes(value))),
    ];
    if (asked.length > 0) return { acr: asked };
    if (claims.acr.essential && claimed.length > 0)
      return reply.fail(responseErrors.levelUnmet(`none of ${claimed.join(' ')} is known`));
    return { acr: [...otherwise] };
  };
