import type { Cis2Half } from '../../../oauth/applications.ts';
import { redirectFits } from '../../../oauth/redirect-uris.ts';

/** Whether an address is one that the client registered (RFC 9700 section 2.1, RFC 8252 section 7.3). */
export const isRegisteredRedirect = (client: Cis2Half, uri: string): boolean =>
  redirectFits(client.redirectUris, client.applicationType === 'native', uri);
