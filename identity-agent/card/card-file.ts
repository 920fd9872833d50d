import { randomBytes } from 'node:crypto';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomToken } from '@alongside/kernel/ids';
import { isMissing, makeFolder } from '@alongside/kernel/operator';
import { renameSafely } from '@alongside/kernel/rename';
import { CardStoreError, parseStoredCards, type StoredCard } from './card-record.ts';
import { CardSecrets } from './card-secrets.ts';

const SECRET_BYTES = 32;
const MOST_BYTES = 32 * 1024 * 1024;

/** Returns the content of a file; undefined if it does not exist. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Replaces a file atomically: readers see the whole old or new content, also after a power cut. Mode 0600. */
export async function replaceFile(path: string, content: string): Promise<void> {
  if (content.length > MOST_BYTES)
    throw new CardStoreError('invalid_card', 'The card file would get too long.');
  makeFolder(dirname(path), 0o700);
  const temporary = `${path}.${randomToken(6)}.tmp`;
  try {
    await writeFile(temporary, content, { flag: 'wx', mode: 0o600, flush: true });
    await renameSafely(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Returns the secret of this installation: 32 random bytes in a 0600 file. `make` allows to create it. */
export async function installSecret(path: string, make: boolean): Promise<Buffer> {
  const known = await readIfThere(path);
  if (known) {
    if (known.length !== SECRET_BYTES)
      throw new CardStoreError('damaged_store', `${path} is not the secret of an installation.`);
    await chmod(path, 0o600);
    return known;
  }
  if (!make) throw new CardStoreError('damaged_store', `The secret of this installation is missing: ${path}`);
  const secret = randomBytes(SECRET_BYTES);
  makeFolder(dirname(path), 0o700);
  // wx: of two processes that start at once, one creates it and the other fails instead of overwriting.
  await writeFile(path, secret, { flag: 'wx', mode: 0o600 });
  return secret;
}

const MOST_CARDS = 1000;

export interface CardStoreFiles {
  /** The cards, one JSON file. */
  readonly path: string;
  /** The installation's secret, without which the cards are useless. */
  readonly secretPath: string;
}

interface CardsInFile {
  readonly secrets: CardSecrets;
  /** Undefined if there is no file yet. */
  readonly cards: StoredCard[] | undefined;
}

/** Reads the card file. @throws CardStoreError `damaged_store` for a file that is unreadable or of another installation */
export async function readCards({ path, secretPath }: CardStoreFiles): Promise<CardsInFile> {
  const content = await readIfThere(path);
  const secrets = new CardSecrets(await installSecret(secretPath, content === undefined));
  if (!content) return { secrets, cards: undefined };
  const damaged = (why: string, cause?: unknown) =>
    new CardStoreError('damaged_store', `${path} ${why}.`, cause);
  let file: { version?: unknown; install?: unknown; cards?: unknown };
  let cards: StoredCard[];
  try {
    file = JSON.parse(content.toString('utf8')) ?? {};
    cards = parseStoredCards(file.cards);
  } catch (error) {
    throw damaged('cannot be read as a file of cards', error);
  }
  if (file.version !== 1) throw damaged('has an unknown version');
  if (file.install !== secrets.installId) throw damaged(`does not belong to the secret in ${secretPath}`);
  return { secrets, cards };
}

/** Writes the card file atomically. @throws CardStoreError `invalid_card` for more than 1000 cards */
export async function writeCards(path: string, secrets: CardSecrets, cards: StoredCard[]): Promise<void> {
  if (cards.length > MOST_CARDS) throw new CardStoreError('invalid_card', `More than ${MOST_CARDS} cards.`);
  await replaceFile(path, JSON.stringify({ version: 1, install: secrets.installId, cards }));
}
