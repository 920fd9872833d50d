import { randomBytes, scryptSync } from 'node:crypto';

/** Hashes a password at a low cost, which is part of the hash. */
export function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 2 ** 10, r: 8, p: 1 });
  const encode = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=10,r=8,p=1$${encode(salt)}$${encode(key)}`;
}
