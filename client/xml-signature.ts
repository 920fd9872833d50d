import { checkedText } from './config.ts';
import { ClientError } from './errors.ts';

/** A signature of a prescription with what was signed. */
export interface PrescriptionSignature {
  /** The payload of the request: `digest` of `$prepare`, base64 of a canonical SignedInfo. */
  payload: string;
  /** Base64, of `result`. */
  signature: string;
  /** DER in base64, of `result`. */
  certificate: string;
}

const namespace = ' xmlns="http://www.w3.org/2000/09/xmldsig#"';

/** Returns decoded base64, one character for each byte. Throws `settings_invalid`. */
function decoded(setting: string, value: unknown): string {
  try {
    const bytes = atob(checkedText(setting, value));
    if (btoa(bytes) === value) return bytes;
  } catch (error) {
    if (error instanceof ClientError) throw error;
  }
  throw new ClientError('settings_invalid', `The setting ${setting} must be base64.`);
}

/**
 * Wraps a signature for `Provenance.signature.data` of a prescription: base64 of an XML signature with the SignedInfo, SignatureValue and
 * X509Certificate. SignedInfo inherits its namespace. Throws `settings_invalid`. // XML Signature 1.1 sections 4.1 to 4.5
 */
export function wrapSignature({ payload, signature, certificate }: PrescriptionSignature): string {
  const signedInfo = decoded('payload', payload);
  const [start, end] = [`<SignedInfo${namespace}>`, '</SignedInfo>'];
  // What follows the first end tag would be signed, but be no part of SignedInfo for the receiver. XML allows a space before its ">".
  const isOne =
    signedInfo.endsWith(end) && signedInfo.indexOf('</SignedInfo') === signedInfo.length - end.length;
  if (!signedInfo.startsWith(start) || !isOne)
    throw new ClientError('settings_invalid', `The setting payload must be base64 of ${start}…${end}.`, {
      advice: 'Pass digest of $prepare as it was signed.',
    });
  for (const [setting, value] of Object.entries({ signature, certificate })) decoded(setting, value);
  const inherited = `<SignedInfo>${signedInfo.slice(start.length)}`;
  const key = `<KeyInfo><X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo>`;
  return btoa(
    `<Signature${namespace}>${inherited}<SignatureValue>${signature}</SignatureValue>${key}</Signature>`,
  );
}
