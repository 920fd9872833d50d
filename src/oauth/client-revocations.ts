import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { sha256 } from '@alongside/kernel/secrets';
import type { BitString } from 'asn1js';
import { type Certificate, CertificateRevocationList, getCrypto } from 'pkijs';

/** A list of revoked certificates (RFC 5280 section 5), with its serial numbers. */
interface RevocationList {
  crl: CertificateRevocationList;
  /** In lower-case hexadecimal without leading zeros. */
  serials: ReadonlySet<string>;
}

const keyUsage = '2.5.29.15';
/** Bit 6 of the key usage: `cRLSign`. */
const mayList = 0x02;
/** Tolerance for the clock of an authority in milliseconds. */
const skew = 60_000;
const pem = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g;

/** Returns a serial number without leading zeros. */
const serialOf = ({ valueBlock }: { valueBlock: { valueHexView: Uint8Array } }): string =>
  Buffer.from(valueBlock.valueHexView)
    .toString('hex')
    .replace(/^0+(?=.)/, '');

function parse(der: Uint8Array): RevocationList {
  const crl = CertificateRevocationList.fromBER(Uint8Array.from(der).buffer);
  return { crl, serials: new Set(crl.revokedCertificates?.map((entry) => serialOf(entry.userCertificate))) };
}

/** Parses the lists in a file, in PEM or one in DER, without verifying them. Throws for other data. */
export function parseRevocationLists(bytes: Uint8Array): RevocationList[] {
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(pem)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64'),
  );
  return (blocks.length > 0 ? blocks : [bytes]).map(parse);
}

/** Returns whether a list is free of critical extensions, which could make it partial or indirect (RFC 5280 section 5.2). */
const isPlain = ({ crl }: RevocationList): boolean =>
  crl.crlExtensions?.extensions.some(({ critical }) => critical) !== true &&
  crl.revokedCertificates?.some((entry) =>
    entry.crlEntryExtensions?.extensions.some(({ critical }) => critical),
  ) !== true;

function mayIssueLists({ extensions }: Certificate): boolean {
  const usage = extensions?.find(({ extnID }) => extnID === keyUsage)?.parsedValue as BitString | undefined;
  return usage === undefined || ((usage.valueBlock.valueHexView[0] ?? 0) & mayList) !== 0;
}

/** Returns whether an authority issued this complete list, and signed it without SHA-1 (RFC 5280 section 6.3.3). */
async function isListOf(list: RevocationList, authority: Certificate): Promise<boolean> {
  const { crl } = list;
  if (!crl.issuer.isEqual(authority.subject) || !mayIssueLists(authority) || !isPlain(list)) return false;
  const provider = getCrypto(true);
  try {
    if (provider.getHashAlgorithm(crl.signatureAlgorithm) === 'SHA-1') return false;
    return await crl.verify({ issuerCertificate: authority });
  } catch {
    return false;
  }
}

/** Returns the issue time of a list in milliseconds. */
const madeAt = ({ crl }: RevocationList): number => crl.thisUpdate.value.getTime();

/** Returns whether a list is current: it is valid already, and its required next update is not overdue. */
const isCurrent = (list: RevocationList, now: number): boolean =>
  madeAt(list) <= now + skew && now < (list.crl.nextUpdate?.value.getTime() ?? 0);

const isListed = ({ serials }: RevocationList, { serialNumber }: Certificate): boolean =>
  serials.has(serialOf(serialNumber));

/** Milliseconds between two checks of the file. */
const lookEvery = 5_000;
/** Maximum size of the file in bytes. */
const largest = 20_000_000;

/**
 * Revocation lists of the authorities of client certificates, in a file that the operator updates. Read again when the file
 * changes. While it cannot be read, the former lists remain valid until they are overdue.
 */
export class ClientRevocations {
  #file: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #lists: readonly RevocationList[] = [];
  /** The newest list of each issuer. */
  #byIssuer = new Map<string, Promise<RevocationList | undefined>>();
  #stamp = '';
  #lookedAt = 0;

  private constructor(file: string, clock: Clock, log: Log) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
  }

  /** Throws if the file cannot be read or contains no list. */
  static async open(file: string, clock: Clock, log: Log): Promise<ClientRevocations> {
    const revocations = new ClientRevocations(file, clock, log);
    await revocations.#read();
    return revocations;
  }

  /**
   * Checks a path from the client to a trusted authority (RFC 5280 section 6.3): each certificate but the last needs a current
   * list of its issuer and must not be listed. Returns the reason for the log, or undefined when valid.
   */
  async fault(path: readonly Certificate[]): Promise<string | undefined> {
    await this.#look();
    for (const [at, authority] of path.slice(1).entries()) {
      const certificate = path[at];
      const fault = certificate && (await this.#faultOf(certificate, authority));
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** When the list that is due first has its next update, in milliseconds; undefined if no list names one. */
  get nextUpdate(): number | undefined {
    const due = this.#lists.flatMap(({ crl }) => crl.nextUpdate?.value.getTime() ?? []);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Reads another file, or the same one again. Returns a function that applies its lists. Throws like `open`. */
  async prepare(file: string): Promise<() => void> {
    const read = await readLists(file);
    return () => {
      this.#file = file;
      this.#use(read);
    };
  }

  async #faultOf(certificate: Certificate, authority: Certificate): Promise<string | undefined> {
    const list = await this.#listOf(authority);
    if (list === undefined) return 'there is no revocation list of an authority of its path';
    // An overdue list still revokes.
    if (isListed(list, certificate)) return 'it, or an authority of its path, was revoked';
    return isCurrent(list, this.#clock.now())
      ? undefined
      : 'the revocation list of an authority of its path is overdue, or names no next one';
  }

  #listOf(authority: Certificate): Promise<RevocationList | undefined> {
    const key = sha256(authority.tbsView);
    const known = this.#byIssuer.get(key);
    if (known) return known;
    const found = this.#newest(authority);
    this.#byIssuer.set(key, found);
    return found;
  }

  async #newest(authority: Certificate): Promise<RevocationList | undefined> {
    let newest: RevocationList | undefined;
    for (const list of this.#lists)
      if ((newest === undefined || madeAt(list) > madeAt(newest)) && (await isListOf(list, authority)))
        newest = list;
    return newest;
  }

  async #look(): Promise<void> {
    const now = this.#clock.now();
    if (Math.abs(now - this.#lookedAt) < lookEvery) return;
    this.#lookedAt = now;
    try {
      await this.#read();
    } catch (error) {
      this.#log.warn(
        { file: this.#file, reason: reasonOf(error) },
        'the revocation lists of client certificates cannot be read: those read before count on',
      );
    }
  }

  async #read(): Promise<void> {
    this.#lookedAt = this.#clock.now();
    if ((await stampOf(this.#file)).stamp !== this.#stamp) this.#use(await readLists(this.#file));
  }

  #use({ lists, stamp }: ReadLists): void {
    this.#lists = lists;
    this.#byIssuer = new Map();
    this.#stamp = stamp;
  }
}

interface ReadLists {
  lists: readonly RevocationList[];
  /** Changes with the file. */
  stamp: string;
}

async function stampOf(file: string): Promise<{ stamp: string; size: number }> {
  const { mtimeMs, size, ino } = await stat(file);
  return { stamp: `${mtimeMs} ${size} ${ino}`, size };
}

async function readLists(file: string): Promise<ReadLists> {
  const { stamp, size } = await stampOf(file);
  if (size > largest) throw new Error(`it is larger than ${largest} bytes`);
  return { lists: parseRevocationLists(await readFile(file)), stamp };
}
