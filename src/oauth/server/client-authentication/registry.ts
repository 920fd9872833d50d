import { secretBasic, secretPost } from './client-secret.ts';
import { mutualTls, none } from './connection.ts';
import type { ClientAuthenticationMethod } from './method.ts';
import { privateKeyJwt } from './private-key-jwt.ts';

/**
 * Every method of client authentication.
 * @param ambiguous whether a public client may show a certificate, and a request have `client_assertion_type` without an
 * assertion: /oauth2.1 allows it, CIS2 does not.
 */
export const clientAuthenticationMethods = (
  ambiguous: 'allowed' | 'refused',
): readonly ClientAuthenticationMethod[] => {
  const type = ambiguous === 'allowed' ? 'ignored' : 'counts';
  return [none(ambiguous), secretPost, secretBasic, privateKeyJwt(type), mutualTls(type)];
};
