import { reasonOf } from '@alongside/kernel/errors';
import { type CardCertificate, readCertificate } from '../card/certificate.ts';
import { errors } from '../errors.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';

/**
 * Whether an agent has a card in its reader that cannot sign, because its PIN is blocked: it shows the certificate that the
 * card has now, which no page, mail or print of the card shows. It proves no person, and opens nothing by itself.
 */
export class HeldCards {
  readonly #authorities: Authorities;
  readonly #records: CertificateRecords;

  constructor(authorities: Authorities, records: CertificateRecords) {
    this.#authorities = authorities;
    this.#records = records;
  }

  /**
   * Returns the serial of the card. Throws `card_unproven` unless this is its latest authentication certificate, issued by our
   * own authority.
   * @param named the serial of the card, or the uid of its holder where a reader cannot tell the serial.
   */
  async require(named: string, der: Buffer | undefined): Promise<string> {
    if (!der) throw errors.cardUnproven('there is no certificate');
    const certificate = await this.#read(der);
    const own = (await this.#authorities.find('own'))?.certificate;
    if (!own || !certificate.x509.checkIssued(own) || !certificate.x509.verify(own.publicKey))
      throw errors.cardUnproven('the certificate is not of our own authority');
    const record = await this.#records.find(certificate.serial);
    if (!record || (named !== record.cardSerial && named !== record.uid))
      throw errors.cardUnproven(`the certificate is not one of card ${named}`);
    const latest = (await this.#records.ofCards([record.cardSerial])).at(-1);
    if (latest?.serial !== certificate.serial)
      throw errors.cardUnproven(`it is not the latest certificate of card ${record.cardSerial}`);
    return record.cardSerial;
  }

  async #read(der: Buffer): Promise<CardCertificate> {
    try {
      return await readCertificate(der);
    } catch (error) {
      throw errors.cardUnproven(reasonOf(error));
    }
  }
}
