import { DOMParser } from '@xmldom/xmldom';

// The one way in which text from outside becomes XML: nothing is declared in it, and nothing is left out.

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Characters of line ends that parsers make one of: those of XML 1.0, and those that ours makes one by the rules of XML 1.1. */
const lineEnds = /[\r\u2028]/g;

/** The same document with those characters as references, which nobody changes. */
export const keepLineEnds = (xml: string): string =>
  xml.replace(lineEnds, (character) => `&#x${character.charCodeAt(0).toString(16)};`);

/** Text for an element or an attribute. Control characters and what XML 1.0 cannot hold become a question mark. */
export const escapeXml = (text: string): string =>
  keepLineEnds(
    text
      .replace(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
      .replace(/[&<>"']/g, (character) => escapes[character] ?? character),
  );

/** Largest document in characters, unless the caller knows better. */
const longestXml = 65_536;
const deepest = 32;

const declaration =
  /^\uFEFF?\s*<\?xml version="1\.[01]"( encoding="(utf-8|UTF-8)")?( standalone="(yes|no)")?\s*\?>/;
const knownReference = /^&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});/;

/** What is refused before anything is parsed: declarations and what they could define, instructions, comments, CDATA, unknown entities. */
function refuseDeclarations(text: string): void {
  const odd = /<!|<\?/.exec(text);
  if (odd) throw new Error('it holds a declaration, a comment, CDATA or an instruction');
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1))
    if (!knownReference.test(text.slice(at, at + 12))) throw new Error('it holds an entity of its own');
  if (/(?![\t\n\r])[\p{Cc}\ufffe\uffff]/u.test(text)) throw new Error('it holds control characters');
}

const tag =
  /<(\/?)([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)((?:[ \t\r\n]+[A-Za-z_][\w.:-]*[ \t\r\n]*=[ \t\r\n]*(?:"[^"<]*"|'[^'<]*'))*)[ \t\r\n]*(\/?)>/y;

/**
 * Tags are whole, closed by their own name, in one root, and not nested too deep. The parser would let much of that pass, and goes
 * down with each level.
 */
function refuseMisshapen(text: string): void {
  const open: string[] = [];
  let roots = 0;
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('<', at);
    const between = text.slice(at, next < 0 ? text.length : next);
    if (open.length === 0 && between.trim() !== '')
      throw new Error('there is text outside of the root element');
    if (next < 0) break;
    tag.lastIndex = next;
    const [whole, closing, name = '', attributes = '', empty] = tag.exec(text) ?? [];
    if (whole === undefined) throw new Error('a tag is misshapen');
    at = next + whole.length;
    if (closing) {
      if (open.pop() !== name || attributes !== '' || empty) throw new Error('a tag is closed by another');
      continue;
    }
    if (open.length === 0) roots += 1;
    if (!empty) open.push(name);
    if (open.length > deepest) throw new Error('it is nested too deep');
  }
  if (open.length > 0 || roots !== 1) throw new Error('it has not one root element, closed');
}

/**
 * Parses a document that declares nothing. Throws for everything else, and for what is not well formed.
 * @param doctype the one declaration that may stand before the root element, literally; it is cut out, never followed.
 */
export function parseXml(text: string, doctype?: RegExp, longest = longestXml): Document {
  if (text.length > longest) throw new Error(`it has more than ${longest} characters`);
  let body = text.replace(declaration, '').trimStart();
  if (doctype) body = body.replace(doctype, '');
  refuseDeclarations(body);
  refuseMisshapen(body);
  const fail = (message: string): never => {
    throw new Error(message.split('\n')[0]?.slice(0, 120) ?? 'it is not well formed');
  };
  // Left as it is, this character would come back as a line feed.
  body = body.replaceAll('\u2028', keepLineEnds('\u2028'));
  const parser = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } });
  const document = parser.parseFromString(body, 'text/xml');
  if (!document?.documentElement) throw new Error('it has no root element');
  return document;
}
