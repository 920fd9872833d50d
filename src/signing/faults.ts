import { type Faults, type NamedFault, noFault } from '../storage/faults.ts';

const presenceRefused: NamedFault = {
  name: 'signing-presence-refused',
  summary: 'the presence check fails, whatever the person proved',
};
const wrongCertificate: NamedFault = {
  name: 'signing-wrong-certificate',
  summary: 'the response has a valid certificate of another key, so that signatures do not verify',
};

const revokedCertificate: NamedFault = {
  name: 'signing-certificate-revoked',
  summary: 'signatures verify, but their certificate was revoked because its key is compromised',
};

/** The faults of the signing service. */
export const signingFaults: readonly NamedFault[] = [presenceRefused, wrongCertificate, revokedCertificate];

const happens = async (faults: Faults | undefined, fault: NamedFault): Promise<boolean> =>
  (await (faults?.happening([fault]) ?? noFault)).length > 0;

export const refusesPresence = (faults: Faults | undefined) => happens(faults, presenceRefused);
export const hasRevokedCertificate = (faults: Faults | undefined) => happens(faults, revokedCertificate);
export const hasWrongCertificate = (faults: Faults | undefined) => happens(faults, wrongCertificate);
