import type { SignatureFailure, SignatureResult } from '../session/signature-question.ts';

/** A response of the signing hub. Bytes are base64. */
export interface HubResponse {
  certificate: string;
  /** 0 for success. */
  status_code: number;
  status_string: 'OK' | 'ERROR';
  message: string;
  /** ISO 8601. */
  timestamp: string;
  signatures: { id: string; signature: string }[] | null;
  failed_signatures: { id: string; signature: string }[] | null;
}

type Fault = readonly [code: number, message: string];

/** The response of a request that is not as expected; published text. */
const requestInvalid: Fault = [
  0x53494703,
  'Failed to process inbound JSON request. Check logs for futher information. Error Code: (0x53494703) An Internal error occurred',
];

/** Only the first is published. The others have numbers from 0x53494780, far from those. */
const faults: Readonly<Record<SignatureFailure, Fault>> = {
  no_signing_certificate: [
    0x53494705,
    'Unable to locate a Smartcard on the local system that contains an appropriate X.509 Digital Certificate that can be used to perform a signing operation. Error Code: (0x53494705) No X.509 Signing certificate found',
  ],
  declined: [0x53494780, 'The user declined to sign. Error Code: (0x53494780)'],
  timed_out: [0x53494781, 'The user did not answer in time. Error Code: (0x53494781)'],
  card_removed: [
    0x53494782,
    'The Smartcard was removed before everything was signed. Error Code: (0x53494782)',
  ],
  another_card: [
    0x53494783,
    'The Smartcard in the reader is not that of the signed-in user. Error Code: (0x53494783)',
  ],
  card_blocked: [0x53494784, 'The PIN of the Smartcard is blocked. Error Code: (0x53494784)'],
  busy: [0x53494785, 'Another request to sign waits for the user. Error Code: (0x53494785)'],
  card_failed: [0x53494786, 'The Smartcard could not sign. Error Code: (0x53494786)'],
  cis_unreachable: [
    0x53494787,
    'CIS does not certify a signing key of this virtual card. Error Code: (0x53494787)',
  ],
  page_left: [0x53494788, 'The page has left. Error Code: (0x53494788)'],
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const refused = ([status_code, message]: Fault, now: number): HubResponse => ({
  certificate: '',
  signatures: null,
  failed_signatures: null,
  status_code,
  status_string: 'ERROR',
  message,
  timestamp: new Date(now).toISOString(),
});

/** @param now milliseconds */
export const invalidRequest = (now: number): HubResponse => refused(requestInvalid, now);

/** @param now milliseconds */
export function hubResponse(result: SignatureResult, now: number): HubResponse {
  if (!result.ok) return refused(faults[result.error], now);
  return {
    certificate: base64(result.certificate),
    status_code: 0,
    status_string: 'OK',
    message: '',
    timestamp: new Date(now).toISOString(),
    signatures: result.signatures.map(({ id, signature }) => ({ id, signature: base64(signature) })),
    failed_signatures: [],
  };
}
