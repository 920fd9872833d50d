import { randomBytes } from 'node:crypto';
import { ManualClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import { SigningKeys } from '@alongside/kernel/keys';
import { silentLog } from '@alongside/kernel/log';
import { sha256, Vault } from '@alongside/kernel/secrets';
import { freePort } from '../../../test/testing/free-port.ts';
import {
  type Application,
  Applications,
  type Cis2Registration,
  type PlatformRegistration,
} from '../../oauth/applications.ts';
import { Developers } from '../../oauth/developers.ts';
import { Products } from '../../oauth/products.ts';
import type { Service } from '../../service.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { StoredKeys } from '../../storage/signing-keys.ts';
import { SingleUse } from '../../storage/single-use.ts';
import { createMockSurface, type MockDependencies, RealmKeys } from '../index.ts';
import { startDirectory } from './directory.ts';
import { startInbox } from './inbox.ts';

/** The secret of every client that tests register. */
export const secret = 'a-client-secret-of-at-least-32-characters';
const secrets = [{ hash: sha256(secret), createdAt: 0, expiresAt: null }];

const cis2Half = (clientId: string, registration: Partial<Cis2Registration>): Cis2Registration => ({
  profile: 'nhs',
  clientId,
  secrets,
  tokenEndpointAuthMethod: 'client_secret_post',
  signingAlg: '',
  jwks: null,
  jwksUrl: null,
  redirectUris: ['https://app.example.test/callback'],
  postLogoutRedirectUris: ['https://app.example.test/signed-out'],
  applicationType: 'web',
  backchannelLogoutUri: '',
  pkce: 'optional',
  refreshTokens: false,
  firstAuthenticator: null,
  maxAge: 'proof',
  idTokenSigningAlg: 'RS256',
  userinfoSigningAlg: null,
  ...registration,
});

const platformHalf = (clientId: string, products: string[]): PlatformRegistration => ({
  profile: 'nhs',
  clientId,
  secrets,
  tokenEndpointAuthMethod: 'client_secret_post',
  signingAlg: '',
  jwks: null,
  jwksUrl: null,
  callbackUrls: [],
  products: products.map((name) => ({ name, status: 'approved' })),
  applicationType: 'web',
  accessToken: { format: 'opaque', signingAlg: 'RS256' },
  attributes: {},
});

/**
 * Starts the mock surface with real storage, keys and HTTP, and HTTP substitutes for the directory and the platform.
 * @param now initial time of its clock in milliseconds
 */
export async function startSurface(options: Partial<MockDependencies> = {}, now = Date.UTC(2026, 6, 1, 12)) {
  const clock = new ManualClock(now);
  const database = await openDatabase(':memory:', '');
  const applications = new Applications(database, clock);
  const products = new Products(database);
  const directory = await startDirectory('secret-of-the-directory');
  const platform = await startInbox();
  const events = new StoredEvents(database);
  const recorder = new EventRecorder(clock, events);
  const origin = `http://localhost:${await freePort()}`;
  const surface = createMockSurface({
    clock,
    database,
    singleUse: new SingleUse(database, clock),
    applications,
    products,
    keys: new SigningKeys('mock', new StoredKeys(database, new Vault(randomBytes(32))), clock),
    log: silentLog,
    recorder,
    urls: {
      console: '',
      api: platform.url,
      apis: '',
      cis2: origin,
      identityAgent: '',
      cis: directory.url,
      sample: '',
    },
    cis: { url: directory.url, secret: 'secret-of-the-directory' },
    statusApiKey: 'status-api-key-0123456789',
    development: true,
    claimsOf: ({ uid, displayName, roles, idAssuranceLevel }) => ({
      idToken: { id_assurance_level: idAssuranceLevel },
      userinfo: {
        sub: uid,
        name: displayName,
        nhsid_nrbac_roles: roles.map(({ roleId }) => ({ person_roleid: roleId })),
      },
    }),
    ...options,
  });
  const listen = async ({ routes }: Service, port: number) => {
    const listener = createListener(routes, {
      name: 'mock',
      log: silentLog,
      development: true,
      flush: () => recorder.flush(),
    });
    return { listener, port: await listener.listen(port, '127.0.0.1') };
  };
  const cis2 = await listen(surface.cis2, Number(new URL(origin).port));
  const api = await listen(surface.api, 0);
  let registered = 0;

  return {
    clock,
    events,
    products,
    applications,
    developers: new Developers(database),
    directory,
    platform,
    realmKeys: new RealmKeys(database),
    surface,
    origin,
    api: `http://127.0.0.1:${api.port}`,
    /** Address of a realm. */
    realm: (name = 'Cis2-mock-internal-dev') => `${origin}/realms/${name}`,
    /** Address of an endpoint of a realm. */
    at: (endpoint: string, realm = 'Cis2-mock-internal-dev') =>
      `${origin}/realms/${realm}/protocol/openid-connect/${endpoint}`,
    async register(
      registration: Partial<Cis2Registration> = {},
      more: Partial<Application> & { products?: string[] } = {},
    ): Promise<Application & { cis2: Cis2Registration; platform: PlatformRegistration }> {
      registered += 1;
      const { products: held = [], ...rest } = more;
      const application = {
        id: `application-${registered}`,
        name: `Application ${registered}`,
        developer: 'tests',
        status: 'approved' as const,
        platform: platformHalf(`key-${registered}`, held),
        cis2: cis2Half(`client-${registered}`, registration),
        ...rest,
      } as Application & { cis2: Cis2Registration; platform: PlatformRegistration };
      await applications.add(application);
      return application;
    },
    async stop() {
      await Promise.all([cis2, api].map(({ listener }) => listener.close()));
      await Promise.all([directory.stop(), platform.stop()]);
      await database.close();
    },
  };
}

export type Surface = Awaited<ReturnType<typeof startSurface>>;
