import { warning } from '../check.ts';
import { refusal } from '../refusal.ts';
import { meetsDocument } from '../refused-document.ts';

export const discoveryJwksUri = meetsDocument({
  name: 'oidcc-client-test-discovery-jwks-uri-keys',
  fault: 'discovery-empty-key-set',
  does: 'the discovery document names a jwks_uri at which there are no keys',
  expects: 'It uses the jwks_uri of the document, so it cannot verify the token and refuses the sign-in.',
  source: 'OpenID Connect Discovery 1.0 section 3; OpenID Connect Core 1.0 section 10.1.1',
  verdict: (reaction) =>
    reaction.signedIn
      ? warning(
          'It signed the person in: it has kept the keys of before, or does not take their address from the document.',
        )
      : refusal(reaction),
});
