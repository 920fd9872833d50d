import { paths } from '../../../cis/protocol.ts';
import { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { createExchange } from './exchange.ts';
import { createReturn } from './return.ts';
import { HandOffs, methodOf, smartcard, smartcardStrengths } from './sign-in.ts';

/** The smartcard, through the Identity Agent. */
export const smartcardKind: AuthenticatorKind = {
  reaches: smartcardStrengths,
  unwatchedMethods: [methodOf.internet],
  family: 'AAL3_SMARTCARD',
  create(dependencies) {
    const handOffs = new HandOffs(dependencies);
    const cisKeys = new RemoteKeys(dependencies.clock, { privateAddresses: true });
    const parts = { ...dependencies, handOffs, cisKeys, cisKeysUrl: `${dependencies.cisUrl}${paths.jwks}` };
    return {
      authenticators: [smartcard(parts)],
      routes: [
        {
          errors: 'json',
          routes: [{ methods: ['POST'], path: '/agent/exchange', endpoint: createExchange(parts) }],
        },
        {
          errors: 'page',
          routes: [{ methods: ['GET'], path: '/agent/return', endpoint: createReturn(parts) }],
        },
      ],
    };
  },
};
