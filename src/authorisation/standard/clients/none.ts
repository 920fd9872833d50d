import type { ClientMethod } from './method.ts';

/** A public client: it names itself and proves nothing; its codes are bound by PKCE (RFC 8252 section 8.5). */
export const none: ClientMethod = {
  name: 'none',
  matches: (parameters) => !parameters.has('client_secret') && !parameters.has('client_assertion'),
  clientId: (parameters) => parameters.get('client_id'),
  fault: async () => undefined,
};
