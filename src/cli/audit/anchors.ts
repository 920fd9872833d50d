import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { reasonOf } from '@alongside/kernel/errors';
import { jsonOrUndefined } from '@alongside/kernel/json';
import { OperatorError } from '@alongside/kernel/operator';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { Backup } from '../../storage/backup/manifest.ts';

const line = z.object({
  msg: z.literal('audit anchor'),
  heads: z.array(z.tuple([z.string(), z.number(), z.string()])),
});

/** Maximum length of a line; longer ones cannot be anchors. */
const maxLineLength = 4_000_000;

type Heads = z.infer<typeof line>['heads'];

/** The magic of a tar header (POSIX.1-2017 pax), and its place. */
const magic = { text: 'ustar', at: 257 };

async function isArchive(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(magic.text.length), { position: magic.at });
    return buffer.toString('latin1', 0, bytesRead) === magic.text;
  } finally {
    await handle.close();
  }
}

/** Returns the last record of each chain at the moment of a backup. */
async function headsOf(file: string, vault: Vault): Promise<Heads> {
  const backup = await Backup.open(file);
  try {
    const key = backup.keyState(vault);
    if (key === 'wrong') throw new OperatorError(`The backup ${file} belongs to another master key.`);
    if (key === 'changed') throw new OperatorError(`The manifest of ${file} was changed.`);
    return backup.manifest.auditHeads;
  } finally {
    await backup.close();
  }
}

/** Reads anchors: those of a log file of JSON lines, with the message `audit anchor`, or those of a backup. */
export async function readAnchors(file: string, vault: Vault): Promise<Heads> {
  const isBackup = await isArchive(file).catch(() => false);
  return isBackup ? headsOf(file, vault) : loggedHeads(file);
}

async function loggedHeads(file: string): Promise<Heads> {
  const heads: Heads = [];
  try {
    for await (const text of createInterface({ input: createReadStream(file, 'utf8') })) {
      if (!text.includes('audit anchor') || text.length > maxLineLength) continue;
      // journalctl and syslog write time, host and program before the object.
      const found = line.safeParse(jsonOrUndefined(text.slice(text.indexOf('{'))));
      if (found.success) heads.push(...found.data.heads);
    }
  } catch (error) {
    throw new OperatorError(`The anchors in ${file} cannot be read: ${reasonOf(error)}.`);
  }
  if (heads.length === 0)
    throw new OperatorError(`${file} has no anchors: name a log of alongside serve, or a backup.`);
  return heads;
}
