import { claiming, signing, type TokenFault } from './token-fault.ts';

const day = 86_400;

/** Faults of logout tokens (OpenID Connect Back-Channel Logout section 2.6). Tokens for the API platform have none. */
export const logoutTokenFaults: readonly TokenFault[] = [
  claiming('logout-token-wrong-issuer', 'logout tokens name another issuer', () => ({
    iss: 'https://issuer.example.test',
  })),
  claiming('logout-token-wrong-audience', 'logout tokens are for another client', () => ({
    aud: 'somebody-else',
  })),
  claiming('logout-token-without-event', 'logout tokens have no events', () => ({ events: undefined })),
  claiming('logout-token-wrong-event', 'logout tokens tell of another event', () => ({
    events: { 'https://schemas.example.test/event/other': {} },
  })),
  claiming('logout-token-with-nonce', 'logout tokens have a nonce, as ID tokens do', () => ({
    nonce: 'a-nonce',
  })),
  signing('logout-token-unsigned', 'logout tokens have the algorithm "none" and no signature', 'none'),
  signing('logout-token-wrong-signature', 'the signature of logout tokens does not hold', 'broken'),
  signing(
    'logout-token-wrong-algorithm',
    'logout tokens are signed by another algorithm than the registered one',
    'other algorithm',
  ),
  claiming('logout-token-old', 'logout tokens were made a day ago', ({ iat }) => ({
    iat: Number(iat) - day,
    exp: Number(iat) - day + 120,
  })),
  claiming('logout-token-without-session', 'logout tokens name neither session nor person', () => ({
    sid: undefined,
    sub: undefined,
  })),
];
