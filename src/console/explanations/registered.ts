import { type DecodedJwt, isSigningAlgorithm, publicKeyOf, verifySignature } from '@alongside/kernel/jws';
import type { StoredApplication } from '../../oauth/applications.ts';
import type { ConsoleContext } from '../model/dependencies.ts';
import type { Insights } from './dry-run.ts';
import type { Link } from './finding.ts';

/** Maximum number of registrations that are searched for a similar value. */
const most = 1_000;

/** The registrations, for comparison with a pasted text. */
export class Registered {
  readonly #applications: readonly StoredApplication[];

  private constructor(applications: readonly StoredApplication[]) {
    this.#applications = applications;
  }

  static async read({ applications }: ConsoleContext): Promise<Registered> {
    return new Registered((await applications.list()).slice(0, most));
  }

  all(): readonly StoredApplication[] {
    return this.#applications;
  }

  /** Returns the application with this client id at either server. */
  byClient(clientId: string | undefined): StoredApplication | undefined {
    return this.#applications.find(
      ({ platform, cis2 }) => platform?.clientId === clientId || cis2?.clientId === clientId,
    );
  }

  clientIds(half: 'platform' | 'cis2'): string[] {
    return this.#applications.flatMap((application) => application[half]?.clientId ?? []);
  }

  /** Returns a sentence about an id that is not a client id of this server; empty without one. */
  mistaken(id: string, half: 'platform' | 'cis2'): string {
    for (const { id: own, name, platform, cis2 } of this.#applications) {
      const right = (half === 'platform' ? platform : cis2)?.clientId ?? 'none yet';
      const [other, place] = half === 'platform' ? [cis2, 'CIS2'] : [platform, 'the API platform'];
      if (other?.clientId === id)
        return `This is the client id of ${name} at ${place}. Here its client id is ${right}.`;
      if (own === id || name === id) return `This is the name of an application. Its client id is ${right}.`;
    }
    return '';
  }

  /** Returns the applications with a registered key of this id. */
  withKid(kid: unknown): StoredApplication[] {
    return this.#applications.filter((application) => keysOf(application).some((key) => key.kid === kid));
  }

  /** Returns the application and the id of the registered key that signed a token; undefined if none did. */
  async signer(jwt: DecodedJwt): Promise<{ application: StoredApplication; kid: string } | undefined> {
    const { alg } = jwt.header;
    if (!isSigningAlgorithm(alg)) return undefined;
    const tried = new Set<string>();
    for (const application of this.#applications)
      for (const jwk of keysOf(application)) {
        const text = JSON.stringify([jwk.n, jwk.x, jwk.y]);
        const key = tried.has(text) ? undefined : publicKeyOf(jwk);
        tried.add(text);
        if (key && (await verifySignature(jwt, alg, key))) return { application, kid: jwk.kid ?? 'none' };
      }
    return undefined;
  }
}

/** Returns the keys that are in an application's registrations, not those at addresses. */
export const keysOf = ({ platform, cis2 }: StoredApplication) => [
  ...(platform?.jwks?.keys ?? []),
  ...(cis2?.jwks?.keys ?? []),
];

export const linkTo = ({ id, name }: { id: string; name: string }): Link => ({
  label: `Application ${name}`,
  href: `/applications/${encodeURIComponent(id)}`,
});

/** The state of an application, as its checks show it. */
export const standingOf = (application: StoredApplication | undefined): Insights =>
  application
    ? {
        application: { received: `${application.name}, ${application.status}` },
        products: {
          received:
            application.platform?.products
              .filter(({ status }) => status === 'approved')
              .map(({ name }) => name)
              .join(', ') || 'none',
        },
        developer: { received: application.developer || 'none' },
      }
    : {};
