import { randomUUID } from 'node:crypto';

// The FHIR API of the Electronic Prescription Service (EPS): what a prescriber's application does before and after the signature.

interface Resource {
  resourceType: string;
  id?: string;
  [member: string]: unknown;
}

/** A FHIR message with a prescription, without its signature. */
export interface Message extends Resource {
  entry: { fullUrl?: string; resource: Resource }[];
}

/** The digest to sign, as base64 of a canonical SignedInfo, and the time that the signature must name. */
export interface Prepared {
  digest: string;
  timestamp: string;
}

async function post(url: string, token: string, message: Message): Promise<Resource> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/fhir+json',
      accept: 'application/fhir+json',
      'x-request-id': randomUUID(),
    },
    body: JSON.stringify(message),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Resource;
}

/** Asks EPS at this base address (it ends with `/FHIR/R4`) what to sign. */
export async function prepareAtEps(base: string, token: string, message: Message): Promise<Prepared> {
  const { parameter = [] } = (await post(`${base}/$prepare`, token, message)) as {
    parameter?: { name: string; valueString?: string }[];
  };
  const textOf = (name: string) => parameter.find((one) => one.name === name)?.valueString;
  const digest = textOf('digest');
  if (digest === undefined) throw new Error('The answer of $prepare has no digest.');
  return { digest, timestamp: textOf('timestamp') ?? new Date().toISOString() };
}

/** Returns the message with the signature of its MedicationRequests; `data` is base64 of the XML signature. */
export function withSignature(message: Message, data: string, when: string): Message {
  const all = message.entry.map(({ fullUrl, resource }) => ({ fullUrl, ...resource }));
  const who = { reference: all.find(({ resourceType }) => resourceType === 'PractitionerRole')?.fullUrl };
  const id = randomUUID();
  const provenance = {
    resourceType: 'Provenance',
    id,
    target: all
      .filter(({ resourceType }) => resourceType === 'MedicationRequest')
      .map(({ fullUrl }) => ({ reference: fullUrl })),
    recorded: when,
    agent: [{ who }],
    signature: [
      {
        type: [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.1' }],
        when,
        who,
        data,
      },
    ],
  };
  return { ...message, entry: [...message.entry, { fullUrl: `urn:uuid:${id}`, resource: provenance }] };
}

/** Sends a signed message. Returns the answer of EPS. */
export const sendToEps = (base: string, token: string, message: Message): Promise<Resource> =>
  post(`${base}/$process-message`, token, message);
