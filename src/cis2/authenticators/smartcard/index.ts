import { route } from '@alongside/kernel/route';
import { paths } from '../../../cis/protocol.ts';
import { RemoteKeys } from '../../../oauth/remote-keys.ts';
import { errorPage, serviceError } from '../../responses/error-answers.ts';
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
        ...route('/agent/exchange', {
          POST: { endpoint: createExchange(dependencies), errors: serviceError },
        }),
        ...route('/agent/return', {
          GET: { endpoint: createReturn(dependencies), errors: errorPage(given.development) },
        }),
      ],
    };
  },
};
