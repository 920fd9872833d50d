import { reasonOf } from '@alongside/kernel/errors';
import { isObject, parseJsonObject } from '@alongside/kernel/json';
import type { DocumentsToSign } from '../session/signature-question.ts';
import { signingErrors } from './errors.ts';

/** Maximum number of documents of a request, as at the Digital Signature Service. */
const maxDocuments = 250;
/** Maximum length of a document in bytes. */
const maxDocumentBytes = 65_536;
const maxIdLength = 200;

const invalid = (detail: string) => signingErrors.signingRequestInvalid(detail);

/** Decodes canonical base64 (RFC 4648 section 4). @throws Refusal `signingRequestInvalid`, never with the text */
function bytesOf(text: unknown, name: string): Buffer {
  if (typeof text !== 'string') throw invalid(`${name} is not text`);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw invalid(`${name} is not base64`);
  return bytes;
}

function documentOf(payload: unknown, index: number): DocumentsToSign['documents'][number] {
  const name = `payload ${index + 1}`;
  if (!isObject(payload)) throw invalid(`${name} is not an object`);
  const { id } = payload;
  if (typeof id !== 'string' || id === '' || id.length > maxIdLength)
    throw invalid(`the id of ${name} does not have 1 to ${maxIdLength} characters`);
  const bytes = bytesOf(payload.payload, name);
  if (bytes.length === 0 || bytes.length > maxDocumentBytes)
    throw invalid(`${name} has ${bytes.length} bytes, not 1 to ${maxDocumentBytes}`);
  return { id, bytes };
}

/**
 * Reads the argument of `requestToSign`: base64 of JSON. Ignores unknown members. @throws Refusal `signingRequestInvalid`, never
 * with a value
 */
export function readSigningRequest(argument: unknown): Omit<DocumentsToSign, 'from'> {
  const bytes = bytesOf(argument, 'the request');
  let request: Record<string, unknown>;
  try {
    request = parseJsonObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(error instanceof TypeError ? 'the request is not UTF-8' : reasonOf(error));
  }
  const { algorithm, payloads } = request;
  for (const [name, value] of [
    ['requestType', 1],
    ['version', 1],
    ['flags', 0],
  ] as const)
    if (request[name] !== value) throw invalid(`${name} is not ${value}`);
  if (algorithm !== 'RS256' && algorithm !== 'RS1') throw invalid('the algorithm is not RS256 or RS1');
  if (!Array.isArray(payloads) || payloads.length === 0 || payloads.length > maxDocuments)
    throw invalid(`there are not 1 to ${maxDocuments} payloads`);
  const documents = payloads.map(documentOf);
  if (new Set(documents.map(({ id }) => id)).size !== documents.length)
    throw invalid('two payloads have one id');
  return { algorithm, documents };
}
