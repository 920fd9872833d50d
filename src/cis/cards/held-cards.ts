import { reasonOf } from '@alongside/kernel/errors';
import { check } from '@alongside/kernel/steps';
import { readCertificate } from '../card/certificate.ts';
import { errors } from '../errors.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';

interface HeldCall {
  cis: { authorities: Authorities; records: CertificateRecords };
  /** Serial of the card, or uid of its holder if the reader cannot read the serial. */
  serial: string;
  certificate?: Buffer | undefined;
}

/**
 * Checks that a card with a blocked PIN, which cannot sign, is in the reader of the agent: the agent sends the current
 * authentication certificate of the card, which no page, mail or print shows. This proves no person. Adds the serial of the card.
 */
export const requireHeldCard = check(
  'held-card',
  async function requireHeldCard({ cis, serial: named, certificate: der }: HeldCall) {
    if (!der) throw errors.cardUnproven('there is no certificate');
    const { x509, serial } = await readCertificate(der).catch((error: unknown) => {
      throw errors.cardUnproven(reasonOf(error));
    });
    const own = (await cis.authorities.find('own'))?.certificate;
    if (!own || !x509.checkIssued(own) || !x509.verify(own.publicKey))
      throw errors.cardUnproven('another authority issued the certificate');
    const record = await cis.records.find(serial);
    if (!record || (named !== record.cardSerial && named !== record.uid))
      throw errors.cardUnproven(`the certificate does not belong to card ${named}`);
    const latest = (await cis.records.ofCards([record.cardSerial])).at(-1);
    if (latest?.serial !== serial)
      throw errors.cardUnproven(`it is not the latest certificate of card ${record.cardSerial}`);
    return { serial: record.cardSerial };
  },
);
