import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { launchBrowser } from '../../../test/testing/browser.ts';
import type { Cis2Registration } from '../../oauth/applications.ts';
import type { Cis2Dependencies } from '../index.ts';
import { Credentials } from '../model/credentials.ts';
import type { AuthenticatorAnswer } from '../protocol.ts';
import { type Instance, startInstance } from './instance.ts';
import { redeem } from './journey.ts';
import { gp } from './people.ts';
import { type RpEndpoint, startRpEndpoint } from './rp-endpoint.ts';
import type { CdpCredential } from './soft-authenticator.ts';
import { give, linkFor } from './webauthn-wire.ts';

/** A virtual authenticator of a browser, driven by the Chrome DevTools Protocol. */
export interface VirtualAuthenticator {
  id: string;
  cdp: CDPSession;
  credentials(): Promise<CdpCredential[]>;
  add(credential: CdpCredential): Promise<void>;
  /** Removes every credential. */
  clear(): Promise<void>;
}

export interface VirtualOptions {
  transport?: 'usb' | 'internal' | 'hybrid';
  hasUserVerification?: boolean;
  isUserVerified?: boolean;
  defaultBackupEligibility?: boolean;
  defaultBackupState?: boolean;
  /** If false, it waits for a touch in vain. */
  automaticPresenceSimulation?: boolean;
}

/** Adds an authenticator to the browser of a page. It approves by itself. */
export async function virtualAuthenticator(
  page: Page,
  options: VirtualOptions = {},
): Promise<VirtualAuthenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'usb',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...options,
    },
  });
  return {
    id: authenticatorId,
    cdp,
    credentials: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    async add(credential) {
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
    },
    async clear() {
      await cdp.send('WebAuthn.clearCredentials', { authenticatorId });
    },
  };
}

/** A browser with authenticators, CIS2 with a host name, and a client that waits for the response. */
export interface WebAuthnDesk {
  cis2: Instance;
  client: Cis2Registration;
  credentials: Credentials;
  chromium: Browser;
  context: BrowserContext;
  page: Page;
  /** Starts a new browser context. */
  fresh(options?: Parameters<Browser['newContext']>[0]): Promise<void>;
  /** Waits for the client's address. Returns its query. */
  arrived(): Promise<URLSearchParams>;
  /** Redeems the client's code. Returns the claims. */
  claims(): Promise<Record<string, unknown>>;
  /** Adds a WebAuthn credential with a published private key to a user. */
  give(kind: string, uid?: string, more?: object): Promise<AuthenticatorAnswer & { key: CdpCredential }>;
  /** Creates an enrolment link, like an officer. */
  link(kind: string, uid?: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startWebAuthnDesk(
  settings: Cis2Dependencies['webAuthn'] = {},
  register: Partial<Cis2Registration> = {},
  more: Partial<Cis2Dependencies> = {},
): Promise<WebAuthnDesk> {
  const [chromium, rp, cis2]: [Browser, RpEndpoint, Instance] = await Promise.all([
    launchBrowser(),
    startRpEndpoint(),
    startInstance({ webAuthn: settings, ...more }, ':memory:', undefined, 'localhost'),
  ]);
  const callback = rp.url.replace('/backchannel-logout', '/callback');
  const client = await cis2.register({
    redirectUris: [callback],
    postLogoutRedirectUris: [callback],
    backchannelLogoutUri: rp.url,
    ...register,
  });
  const desk: WebAuthnDesk = {
    cis2,
    client,
    credentials: new Credentials(cis2.database, cis2.clock, cis2.vault),
    chromium,
    context: undefined as never,
    page: undefined as never,
    async fresh(options = {}) {
      // Credentials from the next browser are newer.
      cis2.clock.advance(1);
      await desk.context?.close();
      desk.context = await chromium.newContext(options);
      desk.page = await desk.context.newPage();
    },
    async arrived() {
      await desk.page.waitForURL((url) => url.href.startsWith(callback));
      return new URL(desk.page.url()).searchParams;
    },
    async claims() {
      await desk.arrived();
      const back = { status: 302, headers: {}, body: '', location: desk.page.url() };
      const { id_token } = await redeem(cis2, client, back);
      return JSON.parse(Buffer.from(id_token.split('.')[1] ?? '', 'base64url').toString());
    },
    give: (kind, uid = gp.uid, more = {}) => give(cis2, kind, uid, more),
    link: (kind, uid = gp.uid) => linkFor(cis2, kind, uid),
    async stop() {
      await chromium.close();
      await cis2.stop();
      await rp.stop();
    },
  };
  return desk;
}
