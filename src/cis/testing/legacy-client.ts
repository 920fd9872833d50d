import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { buildSignedChallenge, type CmsSigner } from '../legacy/cms.ts';
import type { CardProfile } from '../protocol.ts';
import { issueCard } from './cards.ts';
import type { TestCis } from './cis.ts';

const header = [
  'MIME-Version: 1.0',
  '        Content-Disposition: attachment; filename="smime.p7m"',
  '        Content-Type: application/x-pkcs7-mime; name="smime.p7m"',
  '        Content-Transfer-Encoding: base64',
  '        ',
  '        ',
].join('\n');

export interface LegacyCard {
  uid: string;
  signer(digest?: 'sha256' | 'sha1'): CmsSigner;
}

export async function legacyCard(
  cis: Pick<TestCis, 'call'>,
  uid: string,
  { type = 'rsa', profile = 'standard' }: { type?: 'rsa' | 'ec'; profile?: CardProfile } = {},
): Promise<LegacyCard> {
  const { certificate, key } = await issueCard(cis, uid, { type, profile });
  return {
    uid,
    signer: (digest = 'sha256') => ({
      certificate: Buffer.from(certificate, 'base64'),
      digest,
      algorithm: type === 'rsa' ? '1.2.840.113549.1.1.1' : '1.2.840.10045.4.3.2',
      sign: (content) => sign(digest, content, key),
    }),
  };
}

/** The `response` parameter around a CMS message. */
export const responseOf = (cms: Buffer): string =>
  Buffer.from(`${header}${cms.toString('base64')}`).toString('base64');

export const gpObject = (parameters: Record<string, string>): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '        <!DOCTYPE USER SYSTEM "gpOBJECT.DTD">',
    '        <gpOBJECT>',
    ...Object.entries(parameters).map(
      ([name, value]) =>
        `        <gpPARAM name="${name}"${name === 'response' ? ' encoding="base64"' : ''}>${value}</gpPARAM>`,
    ),
    '        </gpOBJECT>',
  ].join('\n');

export const parameterIn = (text: string, name: string): string =>
  new RegExp(`<gpPARAM name="${name}">([^<]*)</gpPARAM>`).exec(text)?.[1] ?? '';

interface TextResponse {
  status: number;
  text: string;
}

export interface LegacyClient {
  url: string;
  post(path: string, body: string, headers?: Record<string, string>): Promise<TextResponse>;
  get(path: string, headers?: Record<string, string>): Promise<TextResponse>;
  activate(changes?: Record<string, string>): Promise<{ challenge: string; signature: string; text: string }>;
  /** Returns the parameters of a valid sign-in. Changes make it invalid. */
  form(card: LegacyCard, changes?: Record<string, string>): Promise<Record<string, string>>;
  validate(form: Record<string, string>): Promise<TextResponse>;
  /** Signs in, chooses the first role and returns the ticket. */
  signIn(card: LegacyCard): Promise<string>;
  assertion(ticket: string): Promise<TextResponse>;
  stop(): Promise<void>;
}

const common = {
  auth_method: '3',
  app_url: 'NHST',
  log_session_id: 'Ao9qufl+uA',
  device_id: 'b02edd23,ClientIP=10.211.55.3',
};

/** Creates a client of this CIS, and a listener for it. */
export async function legacyClient(cis: TestCis): Promise<LegacyClient> {
  const listener = createListener(cis.service.routes, { name: 'cis', log: silentLog });
  const client = legacyClientAt(`http://127.0.0.1:${await listener.listen(0)}`);
  return { ...client, stop: () => listener.close() };
}

/** Creates a client of the CIS at this address. It writes and reads messages as published clients do. */
export function legacyClientAt(url: string): LegacyClient {
  async function send(path: string, init: RequestInit): Promise<TextResponse> {
    const response = await fetch(`${url}${path}`, init);
    return { status: response.status, text: await response.text() };
  }
  const client: LegacyClient = {
    url,
    post: (path, body, headers = {}) =>
      send(path, { method: 'POST', body, headers: { 'content-type': 'text/xml', ...headers } }),
    get: (path, headers = {}) => send(path, { headers }),
    async activate(changes = {}) {
      const body = gpObject({ ...common, service: 'ACTIVATION', ...changes });
      const { status, text } = await client.post('/login/authactivate', body);
      assert.equal(status, 200, text);
      return { challenge: parameterIn(text, 'challenge'), signature: parameterIn(text, 'signature'), text };
    },
    async form(card, changes = {}) {
      const { challenge, signature } = await client.activate();
      const cms = buildSignedChallenge(Buffer.from(challenge, 'base64'), card.signer());
      return {
        ...common,
        service: 'AUTHENTICATION',
        challenge,
        signature,
        uid: card.uid,
        card_type: 'p11',
        response: responseOf(cms),
        mobility: '0',
        ...changes,
      };
    },
    validate: (form) => client.post('/login/authvalidate', gpObject(form)),
    async signIn(card) {
      const { status, text } = await client.validate(await client.form(card));
      assert.equal(status, 200, text);
      const ticket = parameterIn(text, 'sso_ticket');
      const role = /name="nhsjobrole0" id="(\d+)"/.exec(text)?.[1] ?? '';
      const chosen = await client.get(
        `/saml/RoleSelectionGP.jsp?${new URLSearchParams({ token: ticket, selectedRoleUid: role, ssbMode: '0', fallbackStatus: '0', gacVersion: 'GACv10. 0. 0. 1' })}`,
      );
      assert.match(chosen.text, /OK/);
      return ticket;
    },
    assertion: (ticket) => client.get(`/saml/RoleAssertion?token=${encodeURIComponent(ticket)}`),
    stop: async () => undefined,
  };
  return client;
}
