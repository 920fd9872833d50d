import { decodeJwt, isSigningAlgorithm, publicKeyOf, verifySignature } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Applications } from '../oauth/applications.ts';
import type { CapturedPart } from './capture.ts';
import type { FoundToken } from './cut.ts';
import type { Captured, DecodedToken } from './model.ts';

interface KnownKeys {
  readonly applications: Applications;
  /** Keys of services, by the name of their owner. */
  readonly services: readonly (readonly [string, SigningKeys])[];
}

type Verdict = DecodedToken['signature'];

/** Checks the signatures of captured tokens with the keys of this installation and its applications. */
export class Verdicts {
  readonly #keys: KnownKeys;

  constructor(keys: KnownKeys) {
    this.#keys = keys;
  }

  /** Returns a captured part with the verdict of each token; from here on, no signature is left. */
  async judged(part: CapturedPart | undefined, application: string | undefined): Promise<Captured | null> {
    if (!part) return null;
    const tokens = part.tokens.map(async (token) => ({
      ...token.decoded,
      signature: await this.#verdictOf(token, application).catch(() => null),
    }));
    return { ...part.captured, tokens: await Promise.all(tokens) };
  }

  async #verdictOf({ text }: FoundToken, application: string | undefined): Promise<Verdict> {
    const decoded = decodeJwt(text);
    const { kid, alg } = decoded?.header ?? {};
    if (!decoded || typeof kid !== 'string' || !isSigningAlgorithm(alg)) return null;
    for (const [owner, keys] of this.#keys.services) {
      const found = await keys.publicKey(kid);
      if (found && found.algorithm === alg)
        return { holds: await verifySignature(decoded, alg, found.key), keyId: kid, owner };
    }
    const registered = application === undefined ? undefined : await this.#keys.applications.get(application);
    for (const half of [registered?.platform, registered?.cis2]) {
      const jwk = half?.jwks?.keys.find((each) => each.kid === kid);
      const key = jwk && publicKeyOf(jwk);
      if (key && registered)
        return { holds: await verifySignature(decoded, alg, key), keyId: kid, owner: registered.name };
    }
    return null;
  }
}
