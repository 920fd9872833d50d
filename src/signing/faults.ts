import { type Faults, type NamedFault, noFault } from '../storage/faults.ts';

const presenceRefused: NamedFault = {
  name: 'signing-presence-refused',
  summary: 'the presence check fails, whatever the person proved',
};
const wrongCertificate: NamedFault = {
  name: 'signing-wrong-certificate',
  summary: 'the response has a valid certificate of another key, so that signatures do not verify',
};

/** The faults of the signing service. */
export const signingFaults: readonly NamedFault[] = [presenceRefused, wrongCertificate];

const happens = async (faults: Faults | undefined, fault: NamedFault): Promise<boolean> =>
  (await (faults?.happening([fault]) ?? noFault)).length > 0;

export const refusesPresence = (faults: Faults | undefined) => happens(faults, presenceRefused);
export const hasWrongCertificate = (faults: Faults | undefined) => happens(faults, wrongCertificate);
