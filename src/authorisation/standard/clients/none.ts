import { type ClientMethod, namesOnly } from './method.ts';

/** A public client: it names itself and proves nothing; its codes are bound by PKCE (RFC 8252 section 8.5). */
export const none: ClientMethod = {
  name: 'none',
  matches: namesOnly,
  clientId: ({ parameters }) => parameters.get('client_id'),
  fault: async () => undefined,
};
