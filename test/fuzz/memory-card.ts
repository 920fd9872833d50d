import { issueKeys } from '../../identity-agent/card/card-issue.ts';
import type { CardMemory } from '../../identity-agent/card/card-memory.ts';
import { TestAuthority } from '../../identity-agent/card/testing/card.ts';

/** A card with the PIN `123456` and unlimited attempts, so that every input finds the same state. */
export async function memoryCard(): Promise<CardMemory> {
  const card = {
    uid: '656005750199',
    serial: '100000000001',
    profile: 'standard',
    keyType: 'EC-P256',
  } as const;
  const keys = await issueKeys(card, new TestAuthority());
  const secrets = { pin: '313233343536ffff', puk: '3837363534333231' };
  return {
    serial: card.serial,
    keyType: () => card.keyType,
    certificate: (slot) => keys[slot].certificate,
    privateKey: (slot) => keys[slot].privateKey,
    triesLeft: () => 3,
    present: async (secret, value) => {
      const ok = Buffer.from(value).toString('hex') === secrets[secret];
      return { ok, triesLeft: ok ? 3 : 2 };
    },
    replace: async () => undefined,
  };
}
