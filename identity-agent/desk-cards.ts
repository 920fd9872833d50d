import { join } from 'node:path';
import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import { type CardIssuer, decodeCertificates, encodeKeys } from './card/card-issue.ts';
import type { CardSeed } from './card/card-record.ts';
import { CardStore } from './card/card-store.ts';
import { seededCards } from './card/seed.ts';
import type { Reader } from './card/transport.ts';
import type { CardSettings } from './card/transports.ts';
import { VirtualReader } from './card/virtual-reader.ts';
import { ReaderPort } from './reader-port.ts';
import type { Agent } from './session/agent.ts';
import type { CisClient } from './session/cis-client.ts';
import type { CardLabel } from './session/desk-card.ts';

/** CIS as the issuing authority of virtual cards. */
const issuerAt = (cis: CisClient): CardIssuer => ({
  async issue({ serial, ...request }) {
    return decodeCertificates(await cis.certify({ ...request, cardSerial: serial, ...encodeKeys(request) }));
  },
  async issueSigning({ serial, signingKey, ...request }) {
    const key = Buffer.from(signingKey).toString('base64');
    const { signing } = await cis.certifySigning({ ...request, cardSerial: serial, signingKey: key });
    return Buffer.from(signing, 'base64');
  },
});

/** Watches a reader. For virtual cards it knows the printed data and can renew them. */
function attach(agent: Agent, reader: Reader, store: CardStore): void {
  if (!(reader instanceof VirtualReader)) {
    agent.attach(reader, () => undefined);
    return;
  }
  const label = (): CardLabel | undefined => {
    const card = reader.serial === undefined ? undefined : store.get(reader.serial);
    return card && { serial: card.serial, persona: card.persona ?? null, name: card.name };
  };
  agent.attach(reader, label, reader);
}

interface CardOptions {
  clock: Clock;
  log: Log;
  dataFolder: string;
  development: boolean;
  seedCards?: readonly CardSeed[];
  transport?: string;
  cards?: CardSettings;
}

/** Opens the virtual cards and the reader of a workstation. @throws CardStoreError if its data is unusable */
export async function openCards(options: CardOptions, agent: Agent, cis: CisClient) {
  const { clock, log, dataFolder, development, seedCards = seededCards } = options;
  const store = await CardStore.open({
    path: join(dataFolder, 'cards.json'),
    secretPath: join(dataFolder, 'cards.secret'),
  });
  if (store.isNew && development) await store.reset(seedCards);
  const issuer = issuerAt(cis);
  const port = new ReaderPort(options.transport ?? 'virtual', {
    store,
    issuer,
    clock,
    log,
    settings: options.cards ?? {},
    opened: (reader) => attach(agent, reader, store),
  });
  await port.open();
  return {
    store,
    issuer,
    port,
    virtual: () => (port.reader instanceof VirtualReader ? port.reader : undefined),
  };
}
