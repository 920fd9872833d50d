import assert from 'node:assert/strict';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DOMParser } from '@xmldom/xmldom';
import { run } from '../cards/testing/programs.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const runner = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url));
const example = fileURLToPath(new URL('../../examples/prescribe.ts', import.meta.url));
const dsig = 'http://www.w3.org/2000/09/xmldsig#';

interface Entry {
  fullUrl: string;
  resource: { resourceType: string; signature?: { data: string; when: string }[]; target?: unknown };
}
const message = {
  resourceType: 'Bundle',
  type: 'message',
  entry: [
    { fullUrl: 'urn:uuid:1', resource: { resourceType: 'MessageHeader' } },
    { fullUrl: 'urn:uuid:2', resource: { resourceType: 'MedicationRequest', status: 'active' } },
    { fullUrl: 'urn:uuid:3', resource: { resourceType: 'PractitionerRole' } },
  ],
};

/** The part of a message that is signed, as a canonical SignedInfo with its hash. */
function signedInfoOf(entry: readonly Entry[]): string {
  const prescription = entry.filter(({ resource }) => resource.resourceType === 'MedicationRequest');
  const hash = createHash('sha256').update(JSON.stringify(prescription)).digest('base64');
  return `<SignedInfo xmlns="${dsig}"><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></CanonicalizationMethod><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod><Reference><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>${hash}</DigestValue></Reference></SignedInfo>`;
}

/** Whether the Provenance of a message has a signature of its prescription. */
function isSigned(entry: readonly Entry[]): boolean {
  const provenance = entry.find(({ resource }) => resource.resourceType === 'Provenance')?.resource;
  const xml = Buffer.from(provenance?.signature?.[0]?.data ?? '', 'base64').toString();
  const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
  const textOf = (name: string) => root.getElementsByTagNameNS(dsig, name)[0]?.textContent ?? '';
  const { publicKey } = new X509Certificate(Buffer.from(textOf('X509Certificate'), 'base64'));
  const signature = Buffer.from(textOf('SignatureValue'), 'base64');
  return (
    provenance?.signature?.[0]?.when === '2026-12-01T10:00:00+00:00' &&
    JSON.stringify(provenance.target) === '[{"reference":"urn:uuid:2"}]' &&
    verify('sha256', Buffer.from(signedInfoOf(entry)), publicKey, signature)
  );
}

/** A back end with the two operations that a prescriber needs. */
const backEnd = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const { entry } = JSON.parse(Buffer.concat(parts).toString()) as { entry: Entry[] };
  const isPrepare = request.url?.endsWith('/$prepare');
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational' }],
  };
  const parameters = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'digest', valueString: Buffer.from(signedInfoOf(entry)).toString('base64') },
      { name: 'timestamp', valueString: '2026-12-01T10:00:00+00:00' },
      { name: 'algorithm', valueString: 'RS256' },
    ],
  };
  response.writeHead(isPrepare || isSigned(entry) ? 200 : 400, { 'content-type': 'application/fhir+json' });
  response.end(JSON.stringify(isPrepare ? parameters : outcome));
});

const exampleDigest = Buffer.from(signedInfoOf([])).toString('base64');

/** A definition in the form of the published one: access, operations of FHIR, and examples of their answers. */
const definition = `openapi: 3.0.3
info: {title: Prescribing, version: 0.0.1}
servers: [{url: /prescribing}]
x-nhsd-apim: {access: [{grants: {nhs-cis2-aal3: []}}], target-identity: [{name: cis2-uuid}]}
paths:
  /FHIR/R4/$prepare:
    post:
      responses:
        '200': {description: OK, content: {application/fhir+json: {example: {resourceType: Parameters, parameter: [{name: digest, valueString: ${exampleDigest}}]}}}}
  /FHIR/R4/$process-message#prescription-order:
    post:
      responses:
        '200': {description: OK, content: {application/fhir+json: {example: {resourceType: OperationOutcome, issue: [{severity: information, code: informational}]}}}}
`;

describe('examples/prescribe.ts with the EPS FHIR API', () => {
  let instance: TestInstance;
  const folder = mkdtempSync(join(tmpdir(), 'alongside-prescribe-'));
  const file = join(folder, 'message.json');
  const prescribe = async (...args: string[]) => {
    const { console, api, cis2Issuer } = instance.urls;
    Object.assign(process.env, {
      ALONGSIDE_CONSOLE_URL: console,
      ALONGSIDE_API_URL: api,
      ALONGSIDE_CIS2_ISSUER_URL: cis2Issuer,
    });
    return run(process.execPath, [runner, example, ...args]);
  };

  before(async () => {
    writeFileSync(file, JSON.stringify(message));
    await new Promise<void>((resolve) => backEnd.listen(0, '127.0.0.1', resolve));
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    await instance.api('POST', '/apis', { entry: 'a.yaml', files: { 'a.yaml': definition }, mock: true });
  });
  after(async () => {
    await instance.stop();
    backEnd.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('refuses wrong options in one sentence', async () => {
    writeFileSync(join(folder, 'other.json'), '{}');
    const wrong: readonly [args: string[], said: RegExp][] = [
      [['--eps', 'prescribing'], /^--eps and --message belong together.*\n$/],
      [['--eps', 'prescribing', '--message', join(folder, 'none.json')], /^ENOENT: .*\n$/],
      [['--eps', 'prescribing', '--message', join(folder, 'other.json')], / is no FHIR message: .*\n$/],
      [['--ep', 'prescribing'], /^Unknown option '--ep'.*\n$/],
    ];
    for (const [args, expected] of wrong) {
      const { code, said } = await prescribe(...args);
      assert.equal(code, 2, said);
      assert.match(said, expected);
    }
  });

  test('prepares and sends a message with the examples of the definition, and with a back end', async () => {
    const at = ['--eps', 'prescribing', '--message', file];
    const withExamples = await prescribe(...at);
    assert.equal(withExamples.code, 0, withExamples.said);
    const { port } = backEnd.address() as AddressInfo;
    await instance.api('PATCH', '/apis/prescribing', { upstream: `http://127.0.0.1:${port}` });
    const { code, said } = await prescribe(...at);
    assert.equal(code, 0, said);
    assert.match(said, /EPS answered: \{"resourceType":"OperationOutcome"/);
  });

  test('ends in one sentence if the card is refused or the PIN is wrong', async () => {
    const card = (await instance.api<{ card: { serial: string } }>('GET', '/readers/0')).card.serial;
    process.env.PIN = '999999';
    const withWrongPin = await prescribe();
    delete process.env.PIN;
    assert.equal(withWrongPin.code, 1);
    assert.match(withWrongPin.said, /^POST \/agent\/pin: .*"wrong_pin".*\n$/);
    const revocation = { actor: 'admin', reason: 'keyCompromise' };
    await instance.api('POST', `/registration-authority/cards/${card}/revoke`, revocation);
    const withRevokedCard = await prescribe();
    assert.equal(withRevokedCard.code, 1);
    assert.match(withRevokedCard.said, /^This card has been revoked\..*\n$/);
  });
});
