import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Vault } from '@alongside/kernel/secrets';
import { noParameters, parseParameters } from '../../../oauth/parameters.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { type UpstreamPerson, verifyUpstream } from './id-token.ts';
import { FederationProblem } from './problem.ts';
import { newUpstreamRequest, type Upstream } from './upstream.ts';
import { beginVisit, endVisit } from './visits.ts';

interface Parts {
  clock: Clock;
  vault: Vault;
  singleUse: SingleUse;
  keys: RemoteKeys;
}

/** A person may have signed in there so many seconds ago: as long as a session of ours lasts at most. */
const longest = 43_200;

/** Sign-ins at one other provider, there and back. Throws FederationProblem. */
export class Federation {
  readonly upstream: Upstream;
  readonly #parts: Parts;

  constructor(upstream: Upstream, parts: Parts) {
    this.upstream = upstream;
    this.#parts = parts;
  }

  /** Where the browser goes. `within` is the path to which it comes back; `fresh` wants the person to sign in anew. */
  async begin(within: string, fresh: boolean): Promise<string> {
    const { singleUse, vault } = this.#parts;
    const maxAge = fresh ? 0 : longest;
    const asked = newUpstreamRequest();
    const address = await this.upstream.authorizeUrl(asked, { maxAge, fresh });
    await beginVisit(singleUse, vault, asked, { provider: this.upstream.provider.id, within, maxAge });
    return address;
  }

  /** Who came back with this request. */
  async end(request: HttpRequest, within: string): Promise<UpstreamPerson> {
    const { singleUse, vault, keys, clock } = this.#parts;
    const { provider } = this.upstream;
    const query = parseParameters(request.query) ?? noParameters;
    if (query.repeated() !== undefined) throw new FederationProblem('refused', 'a parameter came twice');
    const { nonce, verifier, maxAge } = await endVisit(singleUse, vault, query, {
      provider: provider.id,
      within,
    });
    const metadata = await this.upstream.metadata();
    // Before anything is sent anywhere: whose code is it (RFC 9207 section 2.4)?
    const iss = query.get('iss');
    if (iss === undefined ? metadata.saysIssuer : iss !== provider.issuer)
      throw new FederationProblem('refused', `iss of the answer is ${iss ?? 'missing'}`);
    const error = query.get('error');
    if (error !== undefined) throw new FederationProblem('denied', `it says ${error.slice(0, 100)}`);
    const code = query.get('code');
    if (code === undefined) throw new FederationProblem('refused', 'it brought no code');
    const token = await this.upstream.redeem(code, verifier);
    const person = await verifyUpstream(token, { provider, metadata, nonce, maxAge }, keys, clock);
    // Who had to sign in anew, and by a clock that may be behind ours did, has: else the sign-in would never come to its end.
    return maxAge === 0 ? { ...person, authenticatedAt: clock.now() } : person;
  }
}
