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
  create(given) {
    const dependencies = {
      ...given,
      handOffs: new HandOffs(given),
      cisKeys: new RemoteKeys(given.clock, { privateAddresses: true }),
      cisKeysUrl: `${given.cisUrl}${paths.jwks}`,
    };
    return {
      authenticators: [smartcard(dependencies)],
      routes: [
        {
          errors: 'json',
          routes: [{ methods: ['POST'], path: '/agent/exchange', endpoint: createExchange(dependencies) }],
        },
        {
          errors: 'page',
          routes: [{ methods: ['GET'], path: '/agent/return', endpoint: createReturn(dependencies) }],
        },
      ],
    };
  },
};
