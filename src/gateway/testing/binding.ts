import { KeyObject } from 'node:crypto';
import { seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import {
  type JsonWebKey,
  type JwtClaims,
  type SigningAlgorithm,
  signJwt,
  thumbprint,
} from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { exportJWK, generateKeyPair } from 'jose';
import { pdsBase, type RunningGateway } from './gateway.ts';

/** A client with a key that it can prove. */
export async function newHolder(algorithm: SigningAlgorithm = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = (await exportJWK(publicKey)) as JsonWebKey;
  const key = KeyObject.from(privateKey);
  return {
    jkt: thumbprint(jwk),
    async proof(gateway: RunningGateway, token: string, claims: JwtClaims = {}): Promise<string> {
      const usual = {
        htm: 'GET',
        htu: `http://127.0.0.1${pdsBase}/Patient/9000000009`,
        iat: seconds(gateway.clock),
        jti: uuid(),
        ath: sha256(token),
      };
      const kept = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JwtClaims;
      return signJwt({ alg: algorithm, typ: 'dpop+jwt', jwk }, kept, key);
    },
  };
}

export type Holder = Awaited<ReturnType<typeof newHolder>>;
