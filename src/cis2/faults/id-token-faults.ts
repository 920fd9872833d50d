import { claiming, signing, type TokenFault } from './token-fault.ts';

const day = 86_400;
const seconds = (value: unknown): number => Number(value);

/** Faults of ID tokens (OpenID Connect Core section 3.1.3.7, and claims that CIS2 requires relying parties to check). */
export const idTokenFaults: readonly TokenFault[] = [
  claiming('id-token-wrong-issuer', 'ID tokens name another issuer', () => ({
    iss: 'https://issuer.example.test',
  })),
  claiming('id-token-wrong-audience', 'ID tokens are for another client', () => ({
    aud: 'somebody-else',
    azp: 'somebody-else',
  })),
  claiming('id-token-expired', 'ID tokens expired a day ago', ({ iat }) => ({
    iat: seconds(iat) - 2 * day,
    exp: seconds(iat) - day,
  })),
  claiming('id-token-without-subject', 'ID tokens have no sub', () => ({ sub: undefined })),
  claiming('id-token-without-issue-time', 'ID tokens have no iat', () => ({ iat: undefined })),
  claiming('id-token-wrong-nonce', 'ID tokens have another nonce', () => ({ nonce: 'another-nonce' })),
  signing('id-token-unsigned', 'ID tokens have the algorithm "none" and no signature', 'none'),
  signing('id-token-wrong-signature', 'the signature of ID tokens does not hold', 'broken'),
  signing('id-token-unknown-key', 'ID tokens are signed by a key that is not in the key set', 'unknown key'),
  signing('id-token-unnamed-key', 'ID tokens do not name their key', 'unnamed key'),
  signing(
    'id-token-unnamed-unknown-key',
    'ID tokens are signed by a key that is not in the key set, and do not name it',
    'unnamed unknown key',
  ),
  claiming('id-token-old-sign-in', 'ID tokens say that the person signed in a day ago', ({ iat }) => ({
    auth_time: seconds(iat) - day,
  })),
  claiming('id-token-low-authentication-level', 'ID tokens say authentication level 1', () => ({
    acr: 'AAL1_USERPASS',
    amr: ['USERPASS'],
    authentication_assurance_level: '1',
  })),
  claiming('id-token-low-identity-level', 'ID tokens say identity assurance level 1', () => ({
    id_assurance_level: '1',
    idassurancelevel: '1',
  })),
  claiming('id-token-empty-role', 'ID tokens have an empty selected_roleid', () => ({
    selected_roleid: '',
  })),
];
