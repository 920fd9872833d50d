import { createHash, generateKeyPairSync, randomUUID, verify, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createSigning, publicKeySet, wrapSignature } from '@alongside/client';
import { DOMParser } from '@xmldom/xmldom';
import { ExclusiveCanonicalization } from 'xml-crypto';
import { attach } from '../src/kit/index.ts';
import { type Message, prepareAtEps, sendToEps, withSignature } from './eps.ts';
import { end, findInstance, type Instance, register } from './instance.ts';

// A prescription: prepare, sign with the Digital Signature Service, wrap, verify. It registers itself at the running Alongside and
// signs as the person with the card in the reader; PIN is its PIN, by default 123456:
//   npx alongside card insert gp
//   node examples/prescribe.ts            answers the presence check itself
//   node examples/prescribe.ts --browser  prints an address to open in a browser
// With the EPS FHIR API behind the gateway and a message, it prepares and sends that message there:
//   npx alongside api add fhir-prescribing.yaml --name eps --mock
//   node examples/prescribe.ts --eps eps --message bundle.json

const dsig = 'http://www.w3.org/2000/09/xmldsig#';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';

/** Calls the console's API, where Alongside has what a tester does by hand at the real services. */
async function call<T>(
  { console: origin }: Instance,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
  const response = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers,
    body: body && JSON.stringify(body),
  });
  if (!response.ok) end(`${method} ${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

/**
 * Returns the digest that `$prepare` of the EPS FHIR API answers: base64 of a canonical SignedInfo with the hash of the prescription. A
 * real application gets it from there, for its own FHIR message.
 */
function prepare(prescription: string): string {
  const value = createHash('sha256').update(prescription).digest('base64');
  const method = (name: string, algorithm: string) => `<${name} Algorithm="${algorithm}"></${name}>`;
  const signedInfo = `<SignedInfo xmlns="${dsig}">${[
    method('CanonicalizationMethod', exclusive),
    method('SignatureMethod', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'),
    `<Reference><Transforms>${method('Transform', exclusive)}</Transforms>`,
    method('DigestMethod', 'http://www.w3.org/2001/04/xmlenc#sha256'),
    `<DigestValue>${value}</DigestValue></Reference>`,
  ].join('')}</SignedInfo>`;
  return Buffer.from(signedInfo).toString('base64');
}

/** Verifies a wrapped signature as its receiver does: with an XML library, and the authority that issued the certificate. */
function isValid(xml: string, payload: string, authority: X509Certificate): boolean {
  const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
  const textOf = (name: string) => root.getElementsByTagNameNS(dsig, name)[0]?.textContent ?? '';
  const [signedInfo] = Array.from(root.getElementsByTagNameNS(dsig, 'SignedInfo'));
  if (!signedInfo) return false;
  const canonical = new ExclusiveCanonicalization().process(signedInfo as never, {});
  const certificate = new X509Certificate(Buffer.from(textOf('X509Certificate'), 'base64'));
  const signature = Buffer.from(textOf('SignatureValue'), 'base64');
  return (
    verify('sha256', Buffer.from(String(canonical)), certificate.publicKey, signature) &&
    Buffer.from(String(canonical)).equals(Buffer.from(payload, 'base64')) &&
    certificate.checkIssued(authority) &&
    certificate.verify(authority.publicKey)
  );
}

/** What the Identity Agent says after a PIN: its next question, and why it refuses a card. */
interface Desk {
  question: string | null;
  roles: { roleId: string }[];
  reason: string | null;
}

/** Proves the presence of the person, as a browser and the owner of the card would. */
async function answerPresenceCheck(instance: Instance, redirectUri: string): Promise<void> {
  const browser = (await attach(instance.console)).browser();
  const { origin, pathname, searchParams } = new URL((await browser.goto(redirectUri)).url);
  const form = new URLSearchParams({ token: searchParams.get('token') ?? '', decision: 'sign' });
  const asked = await browser.goto(origin + pathname, { method: 'POST', body: form.toString() });
  const pin = process.env.PIN ?? '123456';
  const desk = await call<Desk>(instance, 'POST', '/agent/pin', { pin });
  if (desk.question === 'role')
    await call(instance, 'POST', '/agent/role', { roleId: desk.roles[0]?.roleId });
  const { url } = await browser.goto(asked.url);
  if (new URL(url).origin === new URL(asked.url).origin)
    end(desk.reason ?? `The presence check stays at ${url}.`);
}

/** Reads the options. @throws Error in one sentence */
function readOptions() {
  const { eps, message, browser } = parseArgs({
    options: { browser: { type: 'boolean' }, eps: { type: 'string' }, message: { type: 'string' } },
  }).values;
  if ((eps === undefined) !== (message === undefined))
    throw new Error(
      '--eps and --message belong together: the name of the API at the gateway, and a file with a message.',
    );
  if (message === undefined) return { browser, name: eps, message };
  const read = JSON.parse(readFileSync(message, 'utf8')) as Message;
  if (!Array.isArray(read?.entry)) throw new Error(`${message} is no FHIR message: it has no "entry".`);
  return { browser, name: eps, message: read };
}

let options: ReturnType<typeof readOptions>;
try {
  options = readOptions();
} catch (error) {
  console.error((error as Error).message);
  process.exit(2);
}
const { browser, name, message } = options;

const instance = await findInstance();
const { card } = await call<{ card: { uid: string; name: string } | null }>(instance, 'GET', '/readers/0');
if (!card) {
  console.error('No card is in the reader: run "npx alongside card insert gp" first.');
  process.exit(1);
}

/** The EPS FHIR API as it was added: its address, and the products that give access to it. */
async function findEps(name: string) {
  const [{ apis }, { access }] = await Promise.all([
    call<{ apis: { name: string; address: string }[] }>(instance, 'GET', '/apis'),
    call<{ access: { product: string }[] }>(instance, 'GET', `/apis/${encodeURIComponent(name)}`),
  ]);
  const { address } = apis.find((one) => one.name === name) ?? { address: '' };
  return { base: `${address}/FHIR/R4`, products: access.map(({ product }) => product) };
}
const eps = name === undefined ? undefined : await findEps(name);

// The application: the address to which its users return, and its key of at least 4096 bits.
const server = createServer((_, response) => response.end('You can go back to the terminal.')).listen(
  0,
  'localhost',
);
await once(server, 'listening');
const callback = `http://localhost:${(server.address() as AddressInfo).port}/signed`;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
const key = { kid: randomUUID(), privateKey };
const { id, platform } = await register(instance, {
  name: 'Prescribing example',
  profile: 'nhs',
  platform: {
    callbackUrls: [callback],
    products: ['signing-service', ...(eps?.products ?? [])],
    jwks: publicKeySet([{ ...key, alg: 'RS512' }]),
  },
});

// A real application has the token of the user's sign-in.
const tokens = await call<{ access_token: string }>(instance, 'POST', '/tokens', {
  person: card.uid,
  application: id,
});
const signing = createSigning({
  baseUrl: `${instance.api}/signing-service`,
  token: tokens.access_token,
  signingKey: key,
  clientId: platform.clientId,
});

const prescription = `<prescription xmlns="urn:example:prescription"><id>${randomUUID()}</id><medication>Salbutamol 100micrograms/dose inhaler CFC free</medication></prescription>`;
const { digest, timestamp } =
  eps && message
    ? await prepareAtEps(eps.base, tokens.access_token, message)
    : { digest: prepare(prescription), timestamp: '' };
const state = randomUUID();
const started = await signing.request({
  payloads: [{ id: randomUUID(), payload: digest }],
  state,
  subject: card.uid,
});
const returned = once(server, 'request');
if (browser) console.log(`Open this address in a browser:\n${started.redirectUri}`);
else await answerPresenceCheck(instance, started.redirectUri);
const [request] = await returned;
server.close();
server.closeAllConnections();
const answer = new URL(request.url, callback).searchParams;
if (answer.get('state') !== state || answer.get('token') !== started.token)
  throw new Error('The browser returned with another signature.');

const { signatures, certificate } = await signing.result(started.token);
// For Provenance.signature.data of the message.
const data = wrapSignature({ payload: digest, signature: signatures[0]?.signature ?? '', certificate });
const signature = Buffer.from(data, 'base64').toString();
const pem = await (await fetch(`${instance.console}/api/v1/certificates/signing/authority.pem`)).text();
if (!isValid(signature, digest, new X509Certificate(pem))) throw new Error('The signature is not valid.');
console.log(message ? JSON.stringify(message) : prescription);
console.log(signature);
console.log(
  `Signed by ${card.name} (${card.uid}) and verified: signature, digest and issuer of the certificate.`,
);
if (eps && message) {
  const sent = await sendToEps(eps.base, tokens.access_token, withSignature(message, data, timestamp));
  console.log(`EPS answered: ${JSON.stringify(sent)}`);
}
