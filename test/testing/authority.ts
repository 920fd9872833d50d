import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A test's own authority, created with OpenSSL: certificates of servers and clients. Paths of PEM files. */
export interface TestAuthority {
  certificate: string;
  issue(name: string): { certificate: string; key: string };
  /** Issues a client certificate with an intermediate; the file contains both. */
  issueBelow(name: string): { certificate: string; key: string };
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
    issueBelow(name) {
      const options = (file: string) => [...newKey, '-keyout', `${file}.key`, '-out', `${file}.csr`];
      writeFileSync(join(folder, 'between.ext'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n');
      openssl('req', ...options('between'), '-subj', '/CN=between');
      const sign = (file: string, by: string) => [
        '-in',
        `${file}.csr`,
        '-CA',
        `${by}.pem`,
        '-CAkey',
        `${by}.key`,
      ];
      const end = ['-CAcreateserial', '-days', '3650'];
      openssl(
        'x509',
        '-req',
        ...sign('between', 'ca'),
        ...end,
        '-extfile',
        'between.ext',
        '-out',
        'between.pem',
      );
      openssl('req', ...options('below-alone'), '-subj', `/CN=${name}`);
      openssl('x509', '-req', ...sign('below-alone', 'between'), ...end, '-out', 'below-alone.pem');
      const both = ['below-alone.pem', 'between.pem'].map((file) => readFileSync(join(folder, file), 'utf8'));
      writeFileSync(join(folder, 'below.pem'), both.join(''));
      return { certificate: join(folder, 'below.pem'), key: join(folder, 'below-alone.key') };
    },
    issue(name) {
      writeFileSync(join(folder, `${name}.ext`), `subjectAltName=DNS:${name},IP:127.0.0.1\n`);
      openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '3650',
        '-extfile',
        `${name}.ext`,
        '-out',
        `${name}.pem`,
      );
      return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    },
    discard: () => rmSync(folder, { recursive: true, force: true }),
  };
}
