import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority of a test's own, made by OpenSSL: certificates of servers and clients. Paths of PEM files. */
export interface TestAuthority {
  certificate: string;
  issue(name: string): { certificate: string; key: string };
  discard(): void;
}

export function makeAuthority(): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-authority-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '3650',
    '-subj',
    '/CN=Test authority',
  );
  return {
    certificate: join(folder, 'ca.pem'),
    issue(name) {
      writeFileSync(join(folder, `${name}.ext`), `subjectAltName=DNS:${name},IP:127.0.0.1\n`);
      openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', '3650', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
      );
      return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    },
    discard: () => rmSync(folder, { recursive: true, force: true }),
  };
}
