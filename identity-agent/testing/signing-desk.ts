import assert from 'node:assert/strict';
import { verify, X509Certificate } from 'node:crypto';
import { freePort } from '../../test/testing/free-port.ts';
import type { IdentityAgentOptions } from '../index.ts';
import type { AgentStatus } from '../protocol.ts';
import { testDesk } from './desk.ts';
import { type HubAnswer, SigningPage } from './signing-page.ts';

/** An agent with Credential Management on a free port. */
export async function signingDesk(
  test: { after(end: () => Promise<void>): void },
  options: Partial<IdentityAgentOptions> & { answerTimeout?: number } = {},
) {
  const { answerTimeout, ...rest } = options;
  const port = await freePort();
  const desk = await testDesk(test, {
    credentialManagement: true,
    credentialManagementTest: { ports: [port], ...(answerTimeout === undefined ? {} : { answerTimeout }) },
    ...rest,
  });
  /** Resolves when the agent asks whether to sign. */
  const asked = async (): Promise<AgentStatus> => {
    for (let tries = 0; tries < 1_500; tries += 1) {
      const status = await desk.call('status');
      if (status.question === 'signature') return status;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('The agent does not ask.');
  };
  return { ...desk, port, asked, page: (origin?: string) => new SigningPage(port, origin).open() };
}

/** Checks that the response has a valid signature of each document, and returns the certificate. */
export function assertSigned(
  { R: response }: HubAnswer,
  documents: readonly (string | Uint8Array)[],
  digest: 'sha256' | 'sha1' = 'sha256',
): X509Certificate {
  assert.deepEqual([response?.status_code, response?.message], [0, '']);
  const certificate = new X509Certificate(Buffer.from(response?.certificate ?? '', 'base64'));
  const signatures = response?.signatures ?? [];
  assert.deepEqual(
    signatures.map(({ id }) => id),
    documents.map((_, index) => `id-${index}`),
  );
  for (const [index, document] of documents.entries()) {
    const signature = Buffer.from(signatures[index]?.signature ?? '', 'base64');
    assert.ok(verify(digest, Buffer.from(document), certificate.publicKey, signature), `document ${index}`);
  }
  return certificate;
}
