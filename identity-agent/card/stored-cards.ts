import { installSecret, readIfThere, replaceFile } from './card-file.ts';
import { CardStoreError, parseStoredCards, type StoredCard } from './card-record.ts';
import { CardSecrets } from './card-secrets.ts';

const MOST_CARDS = 1000;

/** Files of a card store. */
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
