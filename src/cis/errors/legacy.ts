import { catalogue } from '@alongside/kernel/errors';

export const legacyErrors = catalogue('cis', {
  legacyInput: {
    code: 'invalid_input',
    status: 400,
    description: 'Invalid input request.',
    source: 'docs/legacy-interface.md',
    expected: 'the form of docs/legacy-interface.md',
    fix: 'Send the form that docs/legacy-interface.md documents.',
  },
  legacyRefused: {
    code: 'failed_to_validate',
    status: 403,
    description: 'Failed To Validate.',
    actor: 'agent',
    source: 'docs/legacy-interface.md',
    expected: 'a valid smartcard and signature',
    fix: 'Sign in again with a valid smartcard. The reason names the check that failed.',
  },
  legacyTransport: {
    code: 'not_allowed_from_here',
    status: 403,
    description: 'The legacy interface answers on loopback, or to a client with a known certificate.',
    actor: 'operator',
    source: 'docs/legacy-interface.md',
    expected: 'loopback, or a certificate of legacyClients',
    fix: 'Call from this machine, or with a certificate that legacyClients names.',
  },
  legacyTicket: {
    code: 'ticket_invalid',
    status: 403,
    description: 'The ticket is of no session.',
    source: 'docs/legacy-interface.md',
    expected: 'the ticket of a session with one chosen role',
    fix: 'Sign in again for a new ticket. If the user has several roles, choose one.',
  },
});
