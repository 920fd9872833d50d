import { escapeXml, parseXml } from './xml.ts';

/** A parameter of a message of the legacy interface. */
export interface GpParameter {
  name: string;
  value: string;
  /** Further attributes, such as `id` and `orgcode` of a role. */
  attributes?: Readonly<Record<string, string>>;
}

const most = { parameters: 64, value: 32_768 };

/** The declaration that published clients send. It is removed, and its file is never loaded. */
const publishedDoctype = /^<!DOCTYPE USER SYSTEM "gpOBJECT\.DTD">/;

const elementsOf = (parent: Node): Element[] => {
  const elements: Element[] = [];
  for (const child of Array.from(parent.childNodes)) {
    if (child.nodeType === 1) elements.push(child as Element);
    else if (child.nodeType !== 3 || (child.nodeValue ?? '').trim() !== '')
      throw new Error('there is text between the parameters');
  }
  return elements;
};

function parameterValue(element: Element): string {
  for (const child of Array.from(element.childNodes))
    if (child.nodeType !== 3) throw new Error('a parameter contains more than text');
  const value = (element.textContent ?? '').trim();
  if (value.length > most.value) throw new Error(`a parameter has more than ${most.value} characters`);
  return value;
}

/** Parses a request body, a `<gpOBJECT>` of `<gpPARAM name="…">`. Returns the values by name. Throws for other documents. */
export function parseGpObject(text: string): Map<string, string> {
  const root = parseXml(text, publishedDoctype).documentElement;
  if (root.tagName !== 'gpOBJECT' || root.attributes.length > 0) throw new Error('the root is not gpOBJECT');
  const elements = elementsOf(root);
  if (elements.length > most.parameters) throw new Error(`it has more than ${most.parameters} parameters`);
  const parameters = new Map<string, string>();
  for (const element of elements) {
    const names = Array.from(element.attributes).map(({ name }) => name);
    if (element.tagName !== 'gpPARAM' || names.some((name) => name !== 'name' && name !== 'encoding'))
      throw new Error('it contains something other than gpPARAM with name and encoding');
    const name = element.getAttribute('name') ?? '';
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) throw new Error('the name of a parameter is invalid');
    if (parameters.has(name)) throw new Error(`${name} is repeated`);
    parameters.set(name, parameterValue(element));
  }
  return parameters;
}

/** Writes a response with one parameter per line, as published clients expect. */
export function writeGpObject(parameters: readonly GpParameter[], dtd: string): string {
  const lines = parameters.map(({ name, value, attributes = {} }) => {
    const more = Object.entries(attributes).map(([key, text]) => ` ${key}="${escapeXml(text)}"`);
    return `<gpPARAM name="${escapeXml(name)}"${more.join('')}>${escapeText(value)}</gpPARAM>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<!DOCTYPE USER SYSTEM "${escapeXml(dtd)}">`,
    '<gpOBJECT>',
    ...lines,
    '</gpOBJECT>',
  ].join('\n');
}

/** Leaves quotation marks in text unescaped, because clients split role names at them. */
const escapeText = (text: string): string =>
  escapeXml(text).replaceAll('&quot;', '"').replaceAll('&apos;', "'");
