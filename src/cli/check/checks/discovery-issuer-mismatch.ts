import { refusal } from '../refusal.ts';
import { meetsDocument } from '../refused-document.ts';

export const discoveryIssuerMismatch = meetsDocument({
  name: 'oidcc-client-test-discovery-issuer-mismatch',
  fault: 'discovery-other-issuer',
  does: 'the discovery document names another issuer than the requested one',
  expects: 'It refuses the sign-in and shows an error.',
  source: 'OpenID Connect Discovery 1.0 section 4.3',
  verdict: refusal,
});
