import type { Expansion } from '../migration.ts';

/** The keys with which the signing service signs for people, and the certificates that CIS issued for them. */
export const signingKeysOfPeople: Expansion = {
  adds: [
    `CREATE TABLE person_signing_key (
      uid TEXT PRIMARY KEY,
      serial TEXT NOT NULL,
      certificate TEXT NOT NULL,
      private_sealed TEXT NOT NULL,
      created_at BIGINT NOT NULL
    )`,
    // Only certificates for keys at the service are stored as a whole; those of cards are on the card.
    'ALTER TABLE certificate ADD COLUMN der TEXT',
  ],
};
