import { DOMParser } from '@xmldom/xmldom';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Line ends that parsers normalise: of XML 1.0, and those of XML 1.1 that our parser normalises too. */
const lineEnds = /[\r\u2028]/g;

/** Replaces line ends with references, which parsers do not normalise. */
export const keepLineEnds = (xml: string): string =>
  xml.replace(lineEnds, (character) => `&#x${character.charCodeAt(0).toString(16)};`);

/** Escapes text for an element or an attribute. Control characters, and characters outside XML 1.0, become question marks. */
export const escapeXml = (text: string): string =>
  keepLineEnds(
    text
      .replace(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
      .replace(/[&<>"']/g, (character) => escapes[character] ?? character),
  );

/** The default maximum size of a document in characters. */
const maxXmlLength = 65_536;
const deepest = 32;

const declaration =
  /^\uFEFF?\s*<\?xml version="1\.[01]"( encoding="(utf-8|UTF-8)")?( standalone="(yes|no)")?\s*\?>/;
const knownReference = /^&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});/;

/** Rejects declarations, instructions, comments, CDATA, unknown entities and control characters, before the parser runs. */
function refuseDeclarations(text: string): void {
  const odd = /<!|<\?/.exec(text);
  if (odd) throw new Error('it contains a declaration, a comment, CDATA or an instruction');
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1))
    if (!knownReference.test(text.slice(at, at + 12))) throw new Error('it contains an unknown entity');
  if (/(?![\t\n\r])[\p{Cc}\ufffe\uffff]/u.test(text)) throw new Error('it contains control characters');
}

const tag =
  /<(\/?)([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)((?:[ \t\r\n]+[A-Za-z_][\w.:-]*[ \t\r\n]*=[ \t\r\n]*(?:"[^"<]*"|'[^'<]*'))*)[ \t\r\n]*(\/?)>/y;

/**
 * Rejects malformed or mismatched tags, several roots and deep nesting. The parser is lenient, and recurses for each level.
 */
function refuseMalformed(text: string): void {
  const open: string[] = [];
  let roots = 0;
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('<', at);
    const between = text.slice(at, next < 0 ? text.length : next);
    if (open.length === 0 && between.trim() !== '') throw new Error('there is text outside the root element');
    if (next < 0) break;
    tag.lastIndex = next;
    const [whole, closing, name = '', attributes = '', empty] = tag.exec(text) ?? [];
    if (whole === undefined) throw new Error('a tag is malformed');
    at = next + whole.length;
    if (closing) {
      if (open.pop() !== name || attributes !== '' || empty)
        throw new Error('a tag is closed by another one');
      continue;
    }
    if (open.length === 0) roots += 1;
    if (!empty) open.push(name);
    if (open.length > deepest) throw new Error('it is nested too deeply');
  }
  if (open.length > 0 || roots !== 1) throw new Error('it does not have one closed root element');
}

/**
 * Parses a well-formed document without declarations. Throws for other documents.
 * @param doctype the only allowed document type declaration; it is removed
 */
export function parseXml(text: string, doctype?: RegExp, longest = maxXmlLength): Document {
  if (text.length > longest) throw new Error(`it has more than ${longest} characters`);
  let body = text.replace(declaration, '').trimStart();
  if (doctype) body = body.replace(doctype, '');
  refuseDeclarations(body);
  refuseMalformed(body);
  const fail = (message: string): never => {
    throw new Error(message.split('\n')[0]?.slice(0, 120) ?? 'it is not well-formed');
  };
  // The parser would change this character to a line feed.
  body = body.replaceAll('\u2028', keepLineEnds('\u2028'));
  const parser = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } });
  const document = parser.parseFromString(body, 'text/xml');
  if (!document?.documentElement) throw new Error('it has no root element');
  return document;
}
